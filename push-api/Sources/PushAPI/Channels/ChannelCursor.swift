import FoundationEssentials

/// A place in the channel list: where a channel stands, or stood before it was deleted.
///
/// Not a number of channels, which would be another place after each deletion.
struct ChannelCursor: Equatable, Sendable {
    /// Characters of the text at most: an id of 200 bytes and a number take about 300.
    private static let maximumLength = 400

    /// The channel's score in the index, as Redis writes it: milliseconds since 1970.
    let score: String
    let id: String

    init(score: String, id: String) {
        self.score = score
        self.id = id
    }

    /// - Parameter text: What ``text`` gave; anything else is `nil`.
    init?(_ text: String) {
        guard text.utf8.count <= Self.maximumLength, let bytes = Base64URL.decode(text),
            let plain = String(validating: bytes, as: UTF8.self),
            let colon = plain.utf8.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        let score = String(plain[..<colon])
        let id = String(plain.utf8[plain.utf8.index(after: colon)...]) ?? ""
        // Redis reads the score: it must be a number, and not one that stands for no place.
        guard let number = Double(score), number.isFinite, !id.isEmpty, !score.utf8.contains(where: Self.isSpelling) else {
            return nil
        }
        self.init(score: score, id: id)
    }

    /// The letters of `0x1p3`, `inf` and `nan`. Redis itself writes digits, a sign, a point, an `e`.
    private static func isSpelling(_ byte: UInt8) -> Bool {
        !("0123456789+-.e".utf8.contains(byte))
    }

    /// Opaque, so that clients don't make their own; see ``ChannelCursors`` for those that must not read it.
    var text: String {
        Base64URL.encode(Data("\(self.score):\(self.id)".utf8))
    }
}
