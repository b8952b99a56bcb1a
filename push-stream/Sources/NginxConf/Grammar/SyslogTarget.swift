/// `syslog:` of `error_log` and `access_log`: where and how lines go to a syslog server.
public struct SyslogTarget: Sendable, Hashable {
    public enum Server: Sendable, Hashable {
        /// UDP; a numeric host.
        case udp(host: String, port: Int)
        /// A datagram socket of the system, such as `/dev/log`.
        case unix(path: String)
    }

    public var server: Server
    /// 0 to 23; `local7` unless said otherwise.
    public var facility: Int
    /// 0 (`emerg`) to 7 (`debug`); `info` unless said otherwise. Lines of an error log have their own.
    public var severity: Int
    public var tag: String
    /// `nohostname`
    public var omitsHostname: Bool

    private static let facilities = [
        "kern", "user", "mail", "daemon", "auth", "intern", "lpr", "news", "uucp", "clock", "authpriv", "ftp", "ntp", "audit",
        "alert", "cron", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ]
    private static let severities = ["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"]
    private static let longestTag = 32

    /// Nil for a text that does not begin with `syslog:`.
    ///
    /// - Throws: Nginx's message for what is wrong with it.
    public init?(_ text: String, of directive: Directive) throws(ConfigurationError) {
        guard let list = text.withoutPrefix("syslog:") ?? (text == "syslog:" ? "" : nil) else { return nil }
        var server: Server?
        var (facility, severity): (Int?, Int?)
        var tag: String?
        self.omitsHostname = false
        for parameter in list.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            switch (parts[0], parts.count > 1 ? parts[1] : nil) {
            case ("server", let value?):
                guard server == nil else { throw directive.error("duplicate syslog \"server\"") }
                server = try Self.server(value, directive)
            case ("facility", let value?):
                guard facility == nil else { throw directive.error("duplicate syslog \"facility\"") }
                facility = Self.facilities.firstIndex(of: value)
                if facility == nil { throw directive.error("unknown syslog facility \"\(value)\"") }
            case ("severity", let value?):
                guard severity == nil else { throw directive.error("duplicate syslog \"severity\"") }
                severity = Self.severities.firstIndex(of: value)
                if severity == nil { throw directive.error("unknown syslog severity \"\(value)\"") }
            case ("tag", let value?):
                guard tag == nil else { throw directive.error("duplicate syslog \"tag\"") }
                try Self.check(tag: value, directive)
                tag = value
            case ("nohostname", nil): self.omitsHostname = true
            default: throw directive.error("unknown syslog parameter \"\(parameter)\"")
            }
        }
        guard let server else { throw directive.error("no syslog server specified") }
        self.server = server
        self.facility = facility ?? 23
        self.severity = severity ?? 6
        self.tag = tag ?? "push_stream"
    }

    private static func check(tag: String, _ directive: Directive) throws(ConfigurationError) {
        guard tag.utf8.count <= Self.longestTag else { throw directive.error("syslog tag length exceeds \(Self.longestTag)") }
        let isPlain = tag.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isPlain else { throw directive.error("syslog \"tag\" only allows alphanumeric characters and underscore") }
    }

    /// `HOST`, `HOST:PORT`, `[IPV6]:PORT` or `unix:PATH`.
    private static func server(_ text: String, _ directive: Directive) throws(ConfigurationError) -> Server {
        func error(_ reason: String) -> ConfigurationError { directive.error("\(reason) in syslog server \"\(text)\"") }
        if text.hasPrefix("unix:") {
            guard let path = text.withoutPrefix("unix:") else { throw error("no path in the unix domain socket") }
            return .unix(path: path)
        }
        var (host, rest): (String, Substring)
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw error("invalid host") }
            host = String(text[text.index(after: text.startIndex)..<end])
            rest = text[text.index(after: end)...]
            guard HostResolver.isIPv6(host) else { throw error("invalid IPv6 address") }
        } else {
            host = String(text.prefix { $0 != ":" })
            rest = text.dropFirst(host.count)
            guard !host.isEmpty else { throw error("no host") }
        }
        var port = 514
        if !rest.isEmpty {
            guard rest.hasPrefix(":"), let number = Units.number(String(rest.dropFirst())), (1...65535).contains(number) else {
                throw error("invalid port")
            }
            port = number
        }
        if !HostResolver.isIPv6(host) {
            guard let address = HostResolver.addresses(of: host).first else { throw error("host not found") }
            host = address
        }
        return .udp(host: host, port: port)
    }
}
