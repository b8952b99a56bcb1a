import Crypto
import FoundationEssentials
import HTTPTypes
import PushModels

/// The `Idempotency-Key` of a request: what makes a repetition of it known as one.
struct IdempotencyKey: Equatable, Sendable {
    static let maximumLength = 255

    /// How long Redis remembers an answer.
    static let lifetime = Duration.seconds(600)

    /// Without the quotes and escapes of a structured field.
    let value: String

    struct Invalid: Error, Equatable, CustomStringConvertible {
        let description =
            "'Idempotency-Key' must be given once, with 1 to \(IdempotencyKey.maximumLength) visible ASCII characters, "
            + "quoted or not"
    }

    /// - Parameter headers: `nil` comes out if they have no such field.
    static func from(_ headers: HTTPFields) throws(Invalid) -> IdempotencyKey? {
        let fields = headers[values: .idempotencyKey]
        guard let field = fields.first else { return nil }
        guard fields.count == 1 else { throw Invalid() }
        return try IdempotencyKey(field: field)
    }

    /// - Parameter field: The key as it is, or as a string of a structured field (RFC 9651, section 3.3.3).
    init(field: String) throws(Invalid) {
        var characters = Array(field.utf8)
        if characters.first == UInt8(ascii: "\"") {
            guard let inner = Self.unquoted(characters) else { throw Invalid() }
            characters = inner
        }
        guard (1...Self.maximumLength).contains(characters.count), characters.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Invalid()
        }
        self.value = String(decoding: characters, as: UTF8.self)
    }

    private static func unquoted(_ characters: [UInt8]) -> [UInt8]? {
        var inner: [UInt8] = []
        var rest = characters.dropFirst()
        while let character = rest.popFirst() {
            switch character {
            case UInt8(ascii: "\""):
                return rest.isEmpty ? inner : nil
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst(), escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else {
                    return nil
                }
                inner.append(escaped)
            default:
                inner.append(character)
            }
        }
        return nil
    }

    /// The Redis key of the answer. A hash, so that neither the length of the key nor what it tells is anyone's concern there.
    ///
    /// - Parameter principal: Who publishes: others' keys are other keys.
    func redisKey(principal: String) -> String {
        var hash = SHA256()
        hash.update(data: Data(principal.utf8))
        // No principal's name has a zero byte, so no two pairs give the same text.
        hash.update(data: [0])
        hash.update(data: Data(self.value.utf8))
        return RedisKeys.idempotency(hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
    }
}

extension HTTPField.Name {
    static let idempotencyKey = Self("Idempotency-Key")!
    /// `true` on an answer that was given before, to the first request with the same key.
    static let idempotencyReplayed = Self("Idempotency-Replayed")!
}
