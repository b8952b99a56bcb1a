import FoundationEssentials
import PushRuntime

/// What an `Authorization` header says.
enum Credentials: Sendable {
    /// A user and a password, which may be a key.
    case basic(BasicCredentials)
    /// `Bearer` and a key.
    case key(APIKeyToken)

    /// - Returns: `nil` for another scheme, and for what is malformed.
    init?(header: String) {
        if let token = Self.bearerToken(header) {
            guard let token = APIKeyToken(token) else { return nil }
            self = .key(token)
        } else if let basic = BasicCredentials(header: header) {
            self = .basic(basic)
        } else {
            return nil
        }
    }

    /// The rest of a header that begins with `Bearer` in any case and spaces.
    private static func bearerToken(_ header: String) -> Substring.UTF8View? {
        let scheme = "bearer ".utf8
        let bytes = header.utf8
        guard bytes.count > scheme.count, zip(bytes, scheme).allSatisfy({ $0 | 0x20 == $1 }) else { return nil }
        return Substring(bytes.dropFirst(scheme.count).drop { $0 == UInt8(ascii: " ") }).utf8
    }
}
