/// A format of the access log.
public struct LogFormat: Sendable, Hashable {
    /// How values are made safe for the line.
    public enum Escaping: String, Sendable {
        /// `"`, `\` and bytes below 32 and above 126 become `\xXX`; a missing value becomes `-`.
        case `default`
        /// What JSON strings must not contain is escaped.
        case json
        case none

        init(_ directive: Directive) throws(ConfigurationError) {
            guard directive.arguments.count > 1, let name = directive.arguments[1].withoutPrefix("escape=") else {
                self = .default
                return
            }
            guard let escaping = Escaping(rawValue: name) else {
                throw directive.error("unknown log format escaping \"\(name)\"")
            }
            self = escaping
        }
    }

    public let value: ComplexValue
    public let escaping: Escaping

    /// What `access_log FILE` uses when it names no format.
    public static let combined: LogFormat = {
        let parts: [ComplexValue.Part] = [
            .variable(.builtIn(.remoteAddress)), .text(" - "), .variable(.builtIn(.remoteUser)), .text(" ["),
            .variable(.builtIn(.timeLocal)), .text("] \""), .variable(.builtIn(.request)), .text("\" "),
            .variable(.builtIn(.status)), .text(" "), .variable(.builtIn(.bodyBytesSent)), .text(" \""),
            .variable(.requestHeader("referer")), .text("\" \""), .variable(.requestHeader("user_agent")), .text("\""),
        ]
        return LogFormat(value: ComplexValue(parts: parts, source: Self.combinedSource), escaping: .default)
    }()

    static let combinedSource =
        "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" \"$http_user_agent\""

    public init(value: ComplexValue, escaping: Escaping) {
        self.value = value
        self.escaping = escaping
    }

    /// Reads `log_format NAME [escape=...] TEXT...`; the texts are joined.
    public init(_ directive: Directive, declared: Set<String>) throws(ConfigurationError) {
        self.escaping = try Escaping(directive)
        let hasEscaping = directive.arguments.count > 1 && directive.arguments[1].hasPrefix("escape=")
        let text = directive.arguments.dropFirst(hasEscaping ? 2 : 1).joined()
        self.value = try ComplexValue(text, declared: declared, at: directive.location)
    }

    /// One line, without its line feed.
    public func line(_ source: some VariableSource) -> String {
        var line = ""
        for part in self.value.parts {
            switch part {
            case .text(let text): line += text
            case .variable(let variable): line += self.escaped(source.value(of: variable))
            }
        }
        return line
    }

    func escaped(_ value: String?) -> String {
        guard let value, !value.isEmpty else { return self.escaping == .default ? "-" : "" }
        switch self.escaping {
        case .none: return value
        case .default: return Self.escaped(value, Self.hexEscape)
        case .json: return Self.escaped(value, Self.jsonEscape)
        }
    }

    private static func escaped(_ value: String, _ escape: (UInt8) -> String?) -> String {
        guard value.utf8.contains(where: { escape($0) != nil }) else { return value }
        var bytes: [UInt8] = []
        for byte in value.utf8 {
            if let replacement = escape(byte) { bytes += Array(replacement.utf8) } else { bytes.append(byte) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hexEscape(_ byte: UInt8) -> String? {
        guard byte < 0x20 || byte > 0x7e || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { return nil }
        return "\\x" + self.hex(byte)
    }

    private static func jsonEscape(_ byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: "\""): "\\\""
        case UInt8(ascii: "\\"): "\\\\"
        case 0x0a: "\\n"
        case 0x0d: "\\r"
        case 0x09: "\\t"
        case 0x08: "\\b"
        case 0x0c: "\\f"
        case 0..<0x20: "\\u00" + self.hex(byte)
        default: nil
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.utf8.count == 1 ? "0" + digits : digits
    }
}
