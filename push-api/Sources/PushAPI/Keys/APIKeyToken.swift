import Crypto
import FoundationEssentials

/// An API key as a client sends it: `psk_<id>_<secret>`, 60 characters of ASCII.
///
/// The id is 60 random bits and no secret: lists show it, and Redis finds the record by it. The secret is 256 random bits.
struct APIKeyToken: Sendable {
    static let length = prefix.utf8.count + idLength + 1 + secretLength
    static let idLength = 12
    private static let prefix = "psk_"
    /// 32 bytes in base64url without padding.
    private static let secretLength = 43

    let id: String
    /// Of the whole token.
    let digest: SecretDigest

    /// - Returns: `nil` unless the text is formed like a key.
    init?(_ text: some Collection<UInt8>) {
        guard text.count == Self.length else { return nil }
        let bytes = Array(text)
        let prefix = Self.prefix.utf8.count
        let id = bytes[prefix..<prefix + Self.idLength]
        guard bytes.starts(with: Self.prefix.utf8), id.allSatisfy(Self.isIDCharacter),
            bytes[id.endIndex] == UInt8(ascii: "_"), bytes[(id.endIndex + 1)...].allSatisfy(Self.isSecretCharacter)
        else { return nil }
        self.id = String(decoding: id, as: UTF8.self)
        self.digest = SecretDigest(of: bytes)
    }

    /// A random id: 12 characters of base32 in lower case.
    static func makeID() -> String {
        var generator = SystemRandomNumberGenerator()
        var random = generator.next()
        var id = ""
        for _ in 0..<self.idLength {
            id.unicodeScalars.append(Unicode.Scalar(self.idAlphabet[Int(random & 31)]))
            random >>= 5
        }
        return id
    }

    /// A key of that id with a new secret, and its text, which is shown once and kept nowhere.
    static func make(id: String) -> (token: APIKeyToken, text: String) {
        // SymmetricKey draws from the system's generator of random numbers for cryptography.
        let secret = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        let encoded = secret.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        let text = "\(self.prefix)\(id)_\(encoded)"
        return (APIKeyToken(id: id, digest: SecretDigest(of: Array(text.utf8))), text)
    }

    private init(id: String, digest: SecretDigest) {
        self.id = id
        self.digest = digest
    }

    /// Whether a key can have this id.
    static func isID(_ text: String) -> Bool {
        text.utf8.count == self.idLength && text.utf8.allSatisfy(self.isIDCharacter)
    }

    private static let idAlphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    private static func isIDCharacter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "2")...UInt8(ascii: "7")).contains(byte)
    }

    private static func isSecretCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default:
            false
        }
    }
}

/// SHA-256 of a key. What is hashed has 256 random bits, which nobody tries out, so a slow hash would add nothing but cost.
struct SecretDigest: Sendable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    init(of bytes: [UInt8]) {
        self.words = SHA256.hash(data: bytes).withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self) }
    }

    /// - Parameter hexadecimal: 64 digits.
    init?(hexadecimal: String) {
        let digits = Array(hexadecimal.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 64, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) else { return nil }
            bytes.append(byte)
        }
        self.words = bytes.withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self) }
    }

    var hexadecimal: String {
        withUnsafeBytes(of: self.words) { bytes in
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }

    /// Takes the same time wherever the two differ.
    func matches(_ other: SecretDigest) -> Bool {
        let difference =
            (self.words.0 ^ other.words.0) | (self.words.1 ^ other.words.1) | (self.words.2 ^ other.words.2)
            | (self.words.3 ^ other.words.3)
        return difference == 0
    }
}
