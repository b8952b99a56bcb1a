import HTTPTypes
import Logging
import Metrics
import NIOCore
import NIOHTTP1

/// A direct route with what the router's middleware does for all other routes.
struct DirectResponder: Sendable {
    let route: any DirectRoute
    let reader: PlainRequestReader
    let logger: Logger
    let metrics: RequestMetrics
    private let securityHeaders: [(name: String, value: String)]
    /// The same as they go out.
    private let securityLines: [UInt8]

    init(route: any DirectRoute, logger: Logger, metrics: any MetricsFactory, securityHeaders: [HTTPField]) {
        self.route = route
        self.logger = logger
        self.metrics = RequestMetrics(factory: metrics)
        self.securityHeaders = securityHeaders.map { ($0.name.rawName, $0.value) }
        securityLines = Array(self.securityHeaders.map { "\($0.name): \($0.value)\r\n" }.joined().utf8)
        reader = PlainRequestReader(
            method: route.method.rawValue, path: route.path, maximumBodySize: route.maximumBodySize, fieldNames: route.fieldNames)
    }

    // MARK: Requests

    /// Whether a request may be one of the route, as far as its head tells.
    func mayRespond(to head: HTTPRequestHead) -> Bool {
        guard head.method == route.method, head.uri == route.path, head.version == .http1_1,
            !head.headers.contains(name: "Transfer-Encoding"), !head.headers.contains(name: "Expect"),
            let length = head.headers.first(name: "Content-Length").flatMap({ Int($0) })
        else { return false }
        return length <= route.maximumBodySize
    }

    func request(_ head: HTTPRequestHead, _ body: ByteBuffer, from remoteAddress: SocketAddress?) -> DirectRequest {
        let fields = head.headers.flatMap { field in
            route.fieldNames.filter { $0.utf8.elementsEqual(field.name.utf8) { $0 | 0x20 == $1 | 0x20 } }.map {
                ($0, field.value)
            }
        }
        return request(fields, id: head.headers.first(name: "X-Request-ID"), body, from: remoteAddress)
    }

    /// - Parameter id: The caller's own.
    func request(
        _ fields: [(name: String, value: String)], id: String?, _ body: ByteBuffer, from remoteAddress: SocketAddress?
    ) -> DirectRequest {
        let given = id.flatMap { RequestIdentifier.isSane($0) ? $0 : nil }
        return DirectRequest(
            fields: fields, body: body, remoteAddress: remoteAddress, id: given ?? RequestIdentifier.make(), baseLogger: logger)
    }

    // MARK: Responses

    /// The head of an answer, with the headers that every response has.
    func head(of response: DirectResponse, to request: DirectRequest, date: String) -> HTTPResponseHead {
        var headers = HTTPHeaders()
        headers.reserveCapacity(response.headers.count + securityHeaders.count + 3)
        for (name, value) in response.headers { headers.add(name: name, value: value) }
        for (name, value) in securityHeaders { headers.add(name: name, value: value) }
        headers.add(name: "X-Request-ID", value: request.id)
        headers.add(name: "Date", value: date)
        if response.status != .noContent { headers.add(name: "Content-Length", value: String(response.body.count)) }
        return HTTPResponseHead(version: .http1_1, status: response.status, headers: headers)
    }

    /// Writes an answer as ``head(of:to:date:)`` and SwiftNIO's encoder would.
    ///
    /// - Parameter closes: Whether the connection closes afterwards.
    func write(_ response: DirectResponse, to request: DirectRequest, date: String, closes: Bool, into buffer: inout ByteBuffer) {
        if response.status == .noContent {
            buffer.writeStaticString("HTTP/1.1 204 No Content\r\n")
        } else {
            buffer.writeString("HTTP/1.1 \(response.status.code) \(response.status.reasonPhrase)\r\n")
        }
        for (name, value) in response.headers {
            buffer.writeString(name)
            buffer.writeStaticString(": ")
            buffer.writeString(value)
            buffer.writeStaticString("\r\n")
        }
        buffer.writeBytes(securityLines)
        buffer.writeStaticString("X-Request-ID: ")
        buffer.writeString(request.id)
        buffer.writeStaticString("\r\nDate: ")
        buffer.writeString(date)
        if response.status != .noContent { buffer.writeString("\r\nContent-Length: \(response.body.count)") }
        if closes { buffer.writeStaticString("\r\nConnection: close") }
        buffer.writeStaticString("\r\n\r\n")
        buffer.writeBytes(response.body)
    }
}
