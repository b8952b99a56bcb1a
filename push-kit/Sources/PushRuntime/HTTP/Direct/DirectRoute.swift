import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1

/// Answers requests of one route on their connection's event loop, past the router and its middleware.
///
/// For the one route that takes nearly all requests of a service, and only for those of them that are plain: whatever needs more (an
/// error to explain, a client to look up, a body to compress) is left to the router, whose route of the same path answers the request as
/// if this had never seen it. Request id, access log, metrics and the headers for browsers are as the router's.
public protocol DirectRoute: Sendable {
    var method: HTTPMethod { get }
    /// The whole request target: one with a query is the router's.
    var path: String { get }
    /// Bytes of a body at most; a larger one is the router's, and one that does not announce its length.
    var maximumBodySize: Int { get }
    /// The header fields that the route looks at; the request has no others.
    var fieldNames: [String] { get }

    /// Answers a request, or leaves it to the router.
    ///
    /// - Parameter answer: To be called once, on the connection's event loop or any other thread, if this returns `true`.
    /// - Returns: `false` for a request that the router has to answer; nothing may have happened then.
    func respond(to request: DirectRequest, _ answer: @escaping @Sendable (DirectResponse) -> Void) -> Bool
}

/// A whole request.
public struct DirectRequest: Sendable {
    /// Those of the head's fields that ``DirectRoute/fieldNames`` names, with the names as it spells them, in the head's order.
    public let fields: [(name: String, value: String)]
    public let body: ByteBuffer
    /// The other end of the connection, which may be a proxy.
    public let remoteAddress: SocketAddress?
    let id: String
    let baseLogger: Logger

    /// The values of a field, one for each of its lines.
    public func values(of name: String) -> [String] {
        fields.compactMap { $0.name == name ? $0.value : nil }
    }

    /// Made when it is asked for: most requests log nothing but the line of the access log.
    public var logger: Logger {
        var logger = baseLogger
        logger[metadataKey: "hb.request.id"] = .string(id)
        return logger
    }
}

/// A whole response.
public struct DirectResponse: Sendable {
    public var status: HTTPResponseStatus
    /// Names and values; none of those that every response gets.
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(status: HTTPResponseStatus, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public init(_ error: APIError) {
        self.init(status: HTTPResponseStatus(statusCode: error.status.code), body: error.body)
        for field in error.headers { headers.append((field.name.rawName, field.value)) }
        headers.append(("Content-Type", "application/json; charset=utf-8"))
    }
}
