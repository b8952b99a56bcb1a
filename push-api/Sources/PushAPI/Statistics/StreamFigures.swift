import PushModels
import PushRedis

/// The id of a stream entry: milliseconds since 1970 and a number within the millisecond.
struct StreamEntryID: Comparable, Sendable, CustomStringConvertible {
    let milliseconds: UInt64
    let sequence: UInt64

    /// - Returns: `nil` for anything but `MS-SEQ`.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let milliseconds = UInt64(parts[0]), let sequence = UInt64(parts[1]) else { return nil }
        self.milliseconds = milliseconds
        self.sequence = sequence
    }

    var description: String { "\(self.milliseconds)-\(self.sequence)" }

    static func < (left: StreamEntryID, right: StreamEntryID) -> Bool {
        (left.milliseconds, left.sequence) < (right.milliseconds, right.sequence)
    }
}

/// The stream of messages at one moment.
struct StreamFigures: Sendable, Equatable {
    /// Entries that Redis has.
    var length: Int
    /// Entries that there have ever been; `nil` from a Redis before 7.0, which does not count.
    var published: Int?
    /// The newest entry's id, also when that entry is gone; `nil` before the first.
    var last: StreamEntryID?

    static let command = RedisCommand("XINFO", "STREAM", RedisKeys.messages)

    /// Nothing was ever published.
    static let none = StreamFigures(length: 0, published: 0, last: nil)

    private init(length: Int, published: Int?, last: StreamEntryID?) {
        self.length = length
        self.published = published
        self.last = last
    }

    /// - Parameter reply: to ``command``.
    init(reply: RedisValue) throws(RedisError) {
        if let error = reply.error {
            // There is no such key.
            guard error.code.serverCode == "ERR" else { throw error }
            self = .none
            return
        }
        let fields = reply.array ?? []
        func field(_ name: String) -> RedisValue? {
            stride(from: 0, to: fields.count - 1, by: 2).first { fields[$0].string == name }.map { fields[$0 + 1] }
        }
        guard let length = field("length")?.int else {
            throw RedisError(code: .protocolViolation, message: "XINFO STREAM told no length")
        }
        self.init(
            length: length, published: field("entries-added")?.int,
            last: field("last-generated-id")?.string.flatMap { StreamEntryID($0) })
    }
}
