/// An HTTP request that libcurl makes.
public struct CurlRequest: Sendable {
    /// How libcurl signs a request (AWS Signature Version 4).
    ///
    /// Of what libcurl 7.88 can sign rightly, this is used: `POST` to `/` without a query, headers neither removed nor repeated. All four parts of
    /// the scope are given, because its guess from the host's name is wrong for some services.
    public struct Signature: Sendable {
        public var accessKeyID: String
        public var secretAccessKey: String
        /// Of temporary credentials; goes into `X-Amz-Security-Token`.
        public var sessionToken: String?
        public var region: String
        /// The service's name in signatures: `ecs`.
        public var service: String

        public init(accessKeyID: String, secretAccessKey: String, sessionToken: String?, region: String, service: String) {
            self.accessKeyID = accessKeyID
            self.secretAccessKey = secretAccessKey
            self.sessionToken = sessionToken
            self.region = region
            self.service = service
        }
    }

    /// Files in PEM format.
    public struct TLS: Sendable {
        /// The authorities that the server's certificate may come from; the system's if `nil`.
        public var authorities: String?
        /// The client's certificate and its key.
        public var certificate: String?
        public var key: String?

        public init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
            self.authorities = authorities
            self.certificate = certificate
            self.key = key
        }
    }

    /// `GET`, `POST`, ...
    public var method: String
    /// Absolute, `http` or `https`. Redirects are not followed.
    public var url: String
    /// Names and values without line ends.
    public var headers: [(name: String, value: String)] = []
    /// Sent with its length; `nil` sends none.
    public var body: [UInt8]?
    /// For the whole exchange.
    public var timeout: Duration
    /// For the connection alone.
    public var connectTimeout: Duration = .seconds(5)
    /// Connects to this Unix socket; the URL's host then only names the server.
    public var unixSocket: String?
    /// Whether the environment's proxies are for this request too; they never are for a Unix socket.
    public var usesProxy = true
    public var tls = TLS()
    public var signature: Signature?
    /// User and password of Basic authentication (RFC 7617).
    public var basic: (user: String, password: String)?
    /// Bytes; an answer with a longer body is an error.
    public var maximumBodySize = 16 * 1024 * 1024
    /// Gets the body piece by piece while it arrives, on the thread that makes the call; the response's own body then is empty.
    public var onData: (@Sendable (UnsafeRawBufferPointer) -> Void)?

    public init(_ method: String, _ url: String, body: [UInt8]? = nil, timeout: Duration = .seconds(30)) {
        self.method = method
        self.url = url
        self.body = body
        self.timeout = timeout
    }
}

/// What came back.
public struct CurlResponse: Sendable {
    public let status: Int
    /// Names in lower case; of repeated fields the last.
    public let headers: [String: String]
    public let body: [UInt8]

    public init(status: Int, headers: [String: String], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public var text: String { String(decoding: self.body, as: UTF8.self) }
}

/// Why there is no answer. The description is libcurl's, and names no credential.
public struct CurlError: Error, Sendable, CustomStringConvertible {
    public enum Reason: Sendable, Hashable {
        /// Nothing was sent: no such host, connection refused, TLS refused.
        case notConnected
        /// The connection was lost: what was sent may have been done.
        case connectionLost
        /// The deadline has passed; likewise.
        case timedOut
        case cancelled
        /// The answer is larger than was allowed, or no HTTP.
        case badAnswer
        /// The request cannot be made: a malformed URL, a certificate file that is not there.
        case invalidRequest
    }

    public let reason: Reason
    public let description: String

    public init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}
