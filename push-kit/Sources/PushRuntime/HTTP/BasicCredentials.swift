import Crypto
import FoundationEssentials

/// The user and the password of an `Authorization: Basic ...` header (RFC 7617), as bytes.
public struct BasicCredentials: Sendable {
    public let user: Data
    /// All that follows the first colon; it may be empty.
    public let password: Data

    /// - Parameter header: The value of `Authorization`.
    /// - Returns: `nil` for another scheme, and for what is malformed.
    public init?(header: String) {
        let parts = header.split(separator: " ")
        guard parts.count == 2, parts[0].lowercased() == "basic", let decoded = Data(base64Encoded: String(parts[1])),
            let colon = decoded.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        user = Data(decoded[..<colon])
        password = Data(decoded[decoded.index(after: colon)...])
    }
}

/// One user's name and password, kept as SHA-256 digests and compared in constant time.
///
/// Digests are compared, so that neither the length nor a common start of a guess shows in the time.
public struct BasicUser: Sendable {
    private let user: SHA256Digest
    private let password: SHA256Digest

    public init(user: String, password: String) {
        self.user = SHA256.hash(data: Data(user.utf8))
        self.password = SHA256.hash(data: Data(password.utf8))
    }

    /// Whether both are right. Both are always evaluated.
    public func matches(_ credentials: BasicCredentials) -> Bool {
        // `==` of two digests takes the same time wherever they differ.
        let userMatches = SHA256.hash(data: credentials.user) == user
        let passwordMatches = SHA256.hash(data: credentials.password) == password
        // No short circuit: the time must not tell which of the two was wrong.
        return [userMatches, passwordMatches].reduce(into: true) { $0 = $1 ? $0 : false }
    }
}
