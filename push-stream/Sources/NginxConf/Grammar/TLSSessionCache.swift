/// The arguments of `ssl_session_cache`.
public struct TLSSessionCache: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case off
        case none
        case builtIn(sessions: Int)
        case shared(bytes: Int)
    }

    /// What Nginx has for `builtin` without a number.
    private static let standardSessions = 20480
    /// Nginx's `shared` cache has at least eight pages.
    private static let smallestCache = 8 * 4096

    public let kinds: [Kind]

    /// - Throws: Nginx's message for an argument that it would not take.
    public init(_ directive: Directive) throws(ConfigurationError) {
        var kinds: [Kind] = []
        for text in directive.arguments {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            switch (parts[0], parts.count) {
            case ("off", 1): kinds.append(.off)
            case ("none", 1): kinds.append(.none)
            case ("builtin", 1): kinds.append(.builtIn(sessions: Self.standardSessions))
            case ("builtin", 2):
                guard let sessions = Units.number(parts[1]) else { throw Self.invalid(text, directive) }
                kinds.append(.builtIn(sessions: sessions))
            case ("shared", 3):
                guard !parts[1].isEmpty, let bytes = Units.size(parts[2]) else { throw Self.invalid(text, directive) }
                guard bytes >= Self.smallestCache else { throw directive.error("session cache \"\(text)\" is too small") }
                kinds.append(.shared(bytes: bytes))
            default: throw Self.invalid(text, directive)
            }
        }
        self.kinds = kinds
    }

    private static func invalid(_ text: String, _ directive: Directive) -> ConfigurationError {
        directive.error("invalid session cache \"\(text)\"")
    }
}
