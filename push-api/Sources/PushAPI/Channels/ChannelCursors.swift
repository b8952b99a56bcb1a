import Crypto
import FoundationEssentials

/// Turns cursors into texts for clients, and back.
///
/// A cursor names the channel where a page ended, which may be one that the client must not learn of: for clients that may see a part
/// of the channels only it is encrypted, and bound to the client, so that it can neither be read nor made up. All push-apis of an
/// installation can read it, because all have the same password.
struct ChannelCursors: Sendable {
    /// Characters of an encrypted text at most: twelve bytes of nonce and 16 of tag more than the text within.
    private static let maximumLength = 600

    private let key: SymmetricKey

    /// - Parameter secret: The configured password.
    init(secret: String) {
        self.key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Data(secret.utf8)), info: Data("channel cursors".utf8), outputByteCount: 32)
    }

    func text(_ cursor: ChannelCursor, for principal: Principal) throws -> String {
        guard !principal.mayUseAllChannels else { return cursor.text }
        let sealed = try AES.GCM.seal(
            Data(cursor.text.utf8), using: self.key, nonce: AES.GCM.Nonce(), authenticating: Data(principal.id.utf8))
        // Always there with a nonce of twelve bytes.
        return Base64URL.encode(sealed.combined ?? Data())
    }

    /// - Returns: `nil` for a text that is none of this principal's.
    func cursor(_ text: String, of principal: Principal) -> ChannelCursor? {
        guard !principal.mayUseAllChannels else { return ChannelCursor(text) }
        guard text.utf8.count <= Self.maximumLength, let bytes = Base64URL.decode(text),
            let box = try? AES.GCM.SealedBox(combined: bytes),
            let plain = try? AES.GCM.open(box, using: self.key, authenticating: Data(principal.id.utf8))
        else { return nil }
        return ChannelCursor(String(decoding: plain, as: UTF8.self))
    }
}

/// Base64 for URLs (RFC 4648, section 5) without padding.
enum Base64URL {
    static func encode(_ bytes: Data) -> String {
        bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// - Returns: `nil` for anything that ``encode(_:)`` does not give.
    static func decode(_ text: String) -> Data? {
        guard text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "=") }) else {
            return nil
        }
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        return Data(base64Encoded: text.replacing("-", with: "+").replacing("_", with: "/") + padding)
    }
}
