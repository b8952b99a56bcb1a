/// The name of a channel, checked.
///
/// An id has 1 to 200 bytes of UTF-8. It may not contain `/` (it separates channels in a subscriber's path), `*`
/// (push-stream's statistics read it as a wildcard), whitespace or control characters; it may not end in `.b` and digits
/// (a subscriber's path reads that as a backtrack), nor be `.`, `..` (browsers remove them from paths) or `ALL`
/// (push-stream refuses to publish on it). So every id that passes here is one that push-stream accepts.
public struct ChannelID: Hashable, Sendable, CustomStringConvertible {
    public static let maximumLength = 200

    public let rawValue: String

    /// - Throws: ``InvalidChannelID``, whose description is a sentence for the publisher.
    public init(_ id: String) throws(InvalidChannelID) {
        let length = id.utf8.count
        guard length > 0 else { throw InvalidChannelID.empty }
        guard length <= Self.maximumLength else { throw InvalidChannelID.tooLong(length) }
        // The properties of Unicode are costly to ask for, and most ids are plain.
        if !id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "*") }) {
            try Self.checkScalars(of: id)
        }
        guard id != ".", id != "..", id != "ALL" else { throw InvalidChannelID.reserved(id) }
        guard !id.utf8.endsInBacktrackMarker else { throw InvalidChannelID.backtrackSuffix }
        self.rawValue = id
    }

    private static func checkScalars(of id: String) throws(InvalidChannelID) {
        for scalar in id.unicodeScalars {
            if scalar == "/" || scalar == "*" || scalar.properties.isWhitespace || scalar.properties.generalCategory == .control {
                throw InvalidChannelID.character(scalar)
            }
        }
    }

    public var description: String { self.rawValue }

    /// By bytes, as Redis and push-stream compare: Swift's own comparison takes `é` in one scalar and in two for the same.
    public static func == (a: ChannelID, b: ChannelID) -> Bool {
        a.rawValue.utf8.elementsEqual(b.rawValue.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        var id = self.rawValue
        id.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// Why a text is not a channel id.
public enum InvalidChannelID: Error, Equatable, CustomStringConvertible {
    case empty
    /// The length in bytes of UTF-8.
    case tooLong(Int)
    case character(Unicode.Scalar)
    case reserved(String)
    case backtrackSuffix

    public var description: String {
        switch self {
        case .empty:
            return "a channel id must not be empty"
        case .tooLong(let length):
            return "a channel id may have at most \(ChannelID.maximumLength) bytes in UTF-8, this one has \(length)"
        case .character(let scalar):
            let code = String(scalar.value, radix: 16, uppercase: true)
            let padded = String(repeating: "0", count: max(0, 4 - code.count)) + code
            return "a channel id must not contain '/', '*', whitespace or control characters (found U+\(padded))"
        case .reserved(let id):
            return "'\(id)' is reserved and cannot be a channel id"
        case .backtrackSuffix:
            return "a channel id must not end in '.b' and a number: subscribers write that to ask for old messages"
        }
    }
}

extension String.UTF8View {
    /// Whether the text ends in `.b` and at least one digit.
    fileprivate var endsInBacktrackMarker: Bool {
        guard let last = self.last, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(last) else { return false }
        let beforeDigits = self.reversed().drop { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return beforeDigits.count < self.count && beforeDigits.starts(with: "b.".utf8)
    }
}
