import PushRedis

/// What a look at the stream showed, all at one moment.
struct StreamBounds: Equatable, Sendable {
    /// The oldest entry, `nil` if there is none.
    var first: StreamID?
    /// The newest entry.
    var last: StreamID?
    /// `nil` from a Redis before 7.0, which does not count.
    var counts: Counts?

    struct Counts: Equatable, Sendable {
        /// Entries that the stream has ever had.
        var added: Int
        /// Of these, the ones that it has no more: the oldest, since the stream is only ever trimmed.
        var removed: Int
    }
}

extension StreamBounds.Counts {
    /// Reads the answer to `XINFO STREAM`.
    ///
    /// - Returns: `nil` if it is an error, or tells no counts.
    init?(info: RedisValue?) {
        guard let fields = info?.array else { return nil }
        func number(_ name: String) -> Int? {
            stride(from: 0, to: fields.count - 1, by: 2).first { fields[$0].string == name }.flatMap { fields[$0 + 1].int }
                .map { Int($0) }
        }
        guard let added = number("entries-added"), let length = number("length"), added >= length else { return nil }
        self.init(added: added, removed: added - length)
    }
}

/// An entry with its place among all that the stream has ever had; the first is 1.
struct ReadCount: Equatable, Sendable, CustomStringConvertible {
    var id: StreamID
    var count: Int

    init(id: StreamID, count: Int) {
        self.id = id
        self.count = count
    }

    /// - Returns: `nil` for anything but the form in which Redis keeps it.
    init?(_ text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let id = StreamID(parts[0]), let count = Int(parts[1]), count > 0 else { return nil }
        self.init(id: id, count: count)
    }

    var description: String { "\(self.id) \(self.count)" }
}
