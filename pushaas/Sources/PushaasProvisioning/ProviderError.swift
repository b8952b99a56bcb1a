/// Why a provider could not do something, in a sentence for the instance's user.
public struct ProviderError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: String, Sendable, Hashable, Codable {
        /// The same call may succeed in a moment: throttling, a lost connection, a timeout.
        case temporary
        /// It will not: an image that does not exist, a permission that is missing.
        case permanent
        /// The user asked for what cannot be had here: a plan that this provider cannot run.
        case unsupported
    }

    public let kind: Kind
    /// Begins with lower case, has no full stop, names what to do where that is known, and contains no secret.
    public let message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { self.message }
}
