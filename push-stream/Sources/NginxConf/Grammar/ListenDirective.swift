/// The arguments of `listen`.
public struct ListenDirective: Sendable, Hashable {
    public enum Address: Sendable, Hashable, CustomStringConvertible {
        /// A numeric address; `0.0.0.0` and `::` are all addresses. Port 0, which Nginx does not take, is any free port.
        case ip(host: String, port: Int)
        case unix(path: String)

        /// As Nginx writes it in its messages.
        public var description: String {
            switch self {
            case .ip(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            case .unix(let path): "unix:\(path)"
            }
        }
    }

    /// More than one where a name has several addresses.
    public let addresses: [Address]
    public private(set) var isDefault = false
    /// nil is the system's limit.
    public private(set) var backlog: Int?
    public private(set) var reusePort = false
    public private(set) var isTLS = false
    /// Whether an IPv6 socket takes only IPv6 clients.
    public private(set) var ipv6Only = true

    /// - Throws: Nginx's message for an address or parameter that it would not take, and by name for those that ask for what this
    ///   server does not do.
    public init(_ directive: Directive) throws(ConfigurationError) {
        self.addresses = try Self.addresses(directive.text) { problem in
            directive.error("\(problem) in \"\(directive.text)\" of the \"listen\" directive")
        }
        for parameter in directive.arguments.dropFirst() {
            try self.apply(parameter, directive)
        }
    }

    private mutating func apply(_ parameter: String, _ directive: Directive) throws(ConfigurationError) {
        switch parameter {
        case "default_server", "default": self.isDefault = true
        case "ssl": self.isTLS = true
        // Who asks for HTTP/2 gets HTTP/1.1, which every client has.
        case "http2": break
        case "reuseport": self.reusePort = true
        case "ipv6only=on": self.ipv6Only = true
        case "ipv6only=off": self.ipv6Only = false
        // A socket for each address, and accepting when data is there: so it is, or makes no difference.
        case "bind", "deferred", "so_keepalive=off": break
        default:
            if let text = parameter.withoutPrefix("backlog=") {
                guard let backlog = Units.number(text), backlog > 0 else {
                    throw directive.error("invalid backlog \"\(parameter)\"")
                }
                self.backlog = min(backlog, Int(Int32.max))
                return
            }
            let name = parameter.split(separator: "=", maxSplits: 1).first.map(String.init) ?? parameter
            if let reason = Self.refused[name] {
                throw directive.error("\"\(name)\" parameter of the \"listen\" directive is not supported: \(reason)")
            }
            throw directive.error("invalid parameter \"\(parameter)\"")
        }
    }

    private static let refused: [String: String] = [
        "quic": "push-stream speaks HTTP/1", "spdy": "push-stream speaks HTTP/1",
        "proxy_protocol": "push-stream does not read it",
        "rcvbuf": "the system sizes it", "sndbuf": "the system sizes it", "setfib": "this system has none",
        "fastopen": "push-stream does not set it", "accept_filter": "this system has none",
        "so_keepalive": "push-stream does not set it",
    ]

    private static func addresses(
        _ text: String,
        _ error: (String) -> ConfigurationError
    ) throws(ConfigurationError) -> [Address] {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty else { throw error("no path in the unix domain socket") }
            // The size of sun_path.
            guard path.utf8.count < 108 else { throw error("too long path in the unix domain socket") }
            return [.unix(path: path)]
        }
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw error("invalid host") }
            let host = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            let port = try self.port(rest, error)
            guard HostResolver.isIPv6(host) else { throw error("invalid IPv6 address") }
            return [.ip(host: host, port: port)]
        }
        if !text.contains(":"), let port = Units.number(text) {
            guard (1...65535).contains(port) else { throw error("invalid port") }
            return [.ip(host: "0.0.0.0", port: port)]
        }
        let host = String(text.prefix { $0 != ":" })
        let port = try self.port(text.dropFirst(host.count), error)
        guard !host.isEmpty else { throw error("no host") }
        if host == "*" { return [.ip(host: "0.0.0.0", port: port)] }
        let hosts = HostResolver.addresses(of: host)
        guard !hosts.isEmpty else { throw error("host not found") }
        return hosts.map { .ip(host: $0, port: port) }
    }

    /// `:PORT`, or nothing, which is 80.
    private static func port(_ text: Substring, _ error: (String) -> ConfigurationError) throws(ConfigurationError) -> Int {
        if text.isEmpty { return 80 }
        guard text.hasPrefix(":"), let port = Units.number(String(text.dropFirst())), (0...65535).contains(port) else {
            throw error("invalid port")
        }
        return port
    }
}
