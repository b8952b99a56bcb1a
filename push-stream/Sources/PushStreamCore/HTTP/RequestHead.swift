public enum HTTPMethod: Sendable, Equatable {
    case get, head, post, put, delete, options
    /// Anything else that is spelled as a method.
    case other(String)

    init(_ text: String) {
        switch text {
        case "GET": self = .get
        case "HEAD": self = .head
        case "POST": self = .post
        case "PUT": self = .put
        case "DELETE": self = .delete
        case "OPTIONS": self = .options
        default: self = .other(text)
        }
    }

    public var name: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .other(let text): text
        }
    }
}

/// How the body of a request is delimited.
public enum BodyLength: Sendable, Equatable {
    case none
    /// `Content-Length`, more than 0.
    case bytes(Int)
    case chunked
}

/// The request line and header fields of one request, checked.
public struct RequestHead: Sendable {
    public struct Field: Sendable {
        /// Lower case.
        public var name: String
        public var value: [UInt8]
    }

    public var method: HTTPMethod
    /// As it came.
    public var target: String
    /// Percent-decoded and normalised, without query.
    public var path: String
    /// As it came, without `?`; `nil` if there is no `?`.
    public var query: String?
    /// 0 or 1 of HTTP/1.x.
    public var minorVersion: Int
    public var fields: [Field]
    public var body: BodyLength = .none
    /// Bytes of the whole head.
    public var length: Int

    /// The first field of this (lower-case) name.
    public func bytes(_ name: String) -> [UInt8]? {
        fields.first { $0.name == name }?.value
    }

    public func text(_ name: String) -> String? {
        bytes(name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether the client wants the connection to live on.
    public var isKeepAlive: Bool {
        let tokens = (text("connection") ?? "").lowercased()
        return minorVersion == 0 ? tokens.contains("keep-alive") : !tokens.contains("close")
    }

    public var expectsContinue: Bool {
        minorVersion == 1 && text("expect")?.lowercased() == "100-continue"
    }

    /// `Host` or the host of an absolute target, lower case, without port.
    public var host: String {
        let host = (text("host") ?? "").lowercased()
        if host.hasPrefix("[") { return host.split(separator: "]").first.map { $0 + "]" } ?? "" }
        return host.split(separator: ":", omittingEmptySubsequences: false).first.map(String.init) ?? ""
    }

    /// The first query argument of this name, as it came. Names compare without case, as in Nginx.
    public func argument(_ name: String) -> String? {
        guard let query else { return nil }
        let name = name.lowercased()
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, parts[0].lowercased() == name { return String(parts[1]) }
        }
        return nil
    }
}

/// A request that is refused before any location sees it: the status and, where Nginx has one, its own wording.
public enum HTTPFailure: Error, Sendable, Equatable {
    case badRequest
    case uriTooLong
    case headerTooLarge
    case bodyTooLarge
    case requestTimeout
    case notImplemented
    case versionNotSupported

    public var status: Int {
        switch self {
        case .badRequest, .headerTooLarge: 400
        case .uriTooLong: 414
        case .bodyTooLarge: 413
        case .requestTimeout: 408
        case .notImplemented: 501
        case .versionNotSupported: 505
        }
    }
}
