/// A variable that a value in nginx.conf may name, resolved when the file is read.
///
/// The families (`$arg_NAME` and so on) take any name; the others are in `BuiltInVariable`, or were made by `set` or by a named
/// group. Any other name is an error of the configuration, as in Nginx.
public enum Variable: Sendable, Hashable {
    case builtIn(BuiltInVariable)
    /// `$arg_NAME`: an argument of the query, as it came (not decoded). Names compare without case.
    case argument(String)
    /// `$http_NAME`: a header of the request; the name is lower case with underscores for dashes.
    case requestHeader(String)
    /// `$sent_http_NAME`: a header of the response, named likewise.
    case responseHeader(String)
    /// `$cookie_NAME`.
    case cookie(String)
    /// `$1` to `$9`: a group of the last regular expression that matched.
    case capture(Int)
    /// Made by `set` or by a named group.
    case user(String)

    /// The variable of this name (without the dollar sign), or nil if it is none that exists without a declaration.
    public init?(name: String) {
        if let digit = Int(name), name.utf8.count == 1 {
            self = .capture(digit)
        } else if let builtIn = BuiltInVariable(rawValue: name) {
            self = .builtIn(builtIn)
        } else if let rest = name.withoutPrefix("arg_") {
            self = .argument(rest)
        } else if let rest = name.withoutPrefix("sent_http_") {
            self = .responseHeader(rest.lowercased())
        } else if let rest = name.withoutPrefix("http_") {
            self = .requestHeader(rest.lowercased())
        } else if let rest = name.withoutPrefix("cookie_") {
            self = .cookie(rest)
        } else {
            return nil
        }
    }
}

extension String {
    func withoutPrefix(_ prefix: String) -> String? {
        self.utf8.starts(with: prefix.utf8) && self.utf8.count > prefix.utf8.count ? String(self.dropFirst(prefix.count)) : nil
    }
}

/// The variables that Nginx's core gives and this server knows, with Nginx's names and meanings.
public enum BuiltInVariable: String, Sendable, CaseIterable {
    /// The whole query without `?`.
    case args
    case queryString = "query_string"
    case isArgs = "is_args"
    /// The path, percent-decoded, with `.`, `..` and doubled slashes resolved.
    case uri
    case documentURI = "document_uri"
    /// The target as the client sent it, query included.
    case requestURI = "request_uri"
    case requestMethod = "request_method"
    /// The request line as it came.
    case request
    case requestLength = "request_length"
    case requestTime = "request_time"
    case requestID = "request_id"
    case requestCompletion = "request_completion"
    case scheme
    case https
    /// Host of the request line or of `Host`, lower case, without port; else the server's first name.
    case host
    case hostname
    case remoteAddress = "remote_addr"
    case binaryRemoteAddress = "binary_remote_addr"
    case remotePort = "remote_port"
    case remoteUser = "remote_user"
    case serverAddress = "server_addr"
    case serverPort = "server_port"
    case serverName = "server_name"
    case serverProtocol = "server_protocol"
    case contentType = "content_type"
    case contentLength = "content_length"
    case connection
    case connectionRequests = "connection_requests"
    /// Seconds since the connection began.
    case connectionTime = "connection_time"
    /// `PASSED`, `REJECTED` or `REJECTED_DRY_RUN`, where `limit_conn` counts.
    case limitStatus = "limit_conn_status"
    case status
    case bodyBytesSent = "body_bytes_sent"
    case bytesSent = "bytes_sent"
    case pipe
    /// These are empty on a connection that is not encrypted.
    case sslProtocol = "ssl_protocol"
    case sslCipher = "ssl_cipher"
    case sslCurve = "ssl_curve"
    case sslServerName = "ssl_server_name"
    case sslSessionReused = "ssl_session_reused"
    case sslALPNProtocol = "ssl_alpn_protocol"
    case pid
    case msec
    case timeISO8601 = "time_iso8601"
    case timeLocal = "time_local"
    case nginxVersion = "nginx_version"
}

/// Gives variables their values for one request.
public protocol VariableSource {
    /// The value, or nil if the request has none (which reads as an empty string).
    func value(of variable: Variable) -> String?
}

/// A request's variables together with what `set` and regular expressions have given it.
///
/// `@inlinable` for the same reason as ``LocationTable``.
public struct VariableScope<Request: VariableSource>: VariableSource {
    /// Answers everything but captures and user variables.
    public var request: Request
    /// Of the last regular expression that matched.
    @usableFromInline var captures: RegularExpressionCaptures?
    @usableFromInline var user: [String: String] = [:]

    @inlinable
    public init(request: Request) {
        self.request = request
    }

    @inlinable
    public func value(of variable: Variable) -> String? {
        switch variable {
        case .capture(let index): self.captures?[index]
        case .user(let name): self.user[name]
        default: self.request.value(of: variable)
        }
    }

    /// Carries out `set`.
    @inlinable
    public mutating func assign(_ value: String, to name: String) {
        self.user[name] = value
    }

    /// Makes the groups of a match visible as `$1` and by name.
    @inlinable
    public mutating func adopt(_ captures: RegularExpressionCaptures?) {
        guard let captures else { return }
        self.captures = captures
        for name in captures.names.keys {
            self.user[name] = captures[name]
        }
    }
}
