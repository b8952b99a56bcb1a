/// The id of a Redis stream entry: milliseconds since 1970, then a sequence number within the millisecond.
///
/// The order and the text form `MS-SEQ` are those of Redis' stream type.
struct StreamID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Below every entry: reading after it gives the whole stream.
    static let zero = StreamID(milliseconds: 0, sequence: 0)

    var milliseconds: UInt64
    var sequence: UInt64

    init(milliseconds: UInt64, sequence: UInt64) {
        self.milliseconds = milliseconds
        self.sequence = sequence
    }

    /// - Returns: `nil` for anything but `MS-SEQ` or `MS` in decimal digits.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        // `UInt64` would take a sign; an id has digits only.
        guard parts.allSatisfy({ $0.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) }),
            let milliseconds = UInt64(parts[0])
        else { return nil }
        var sequence: UInt64 = 0
        if parts.count == 2 {
            guard let number = UInt64(parts[1]) else { return nil }
            sequence = number
        }
        self.init(milliseconds: milliseconds, sequence: sequence)
    }

    /// The greatest id below this one. Reading after it includes this one.
    var predecessor: StreamID {
        if self.sequence > 0 { return StreamID(milliseconds: self.milliseconds, sequence: self.sequence - 1) }
        guard self.milliseconds > 0 else { return .zero }
        return StreamID(milliseconds: self.milliseconds - 1, sequence: .max)
    }

    /// The first id that an entry of the last `window` can have.
    static func windowStart(nowMilliseconds: UInt64, window: Duration) -> StreamID {
        let length = UInt64(max(0, window.milliseconds))
        return StreamID(milliseconds: nowMilliseconds > length ? nowMilliseconds - length : 0, sequence: 0)
    }

    var description: String { "\(self.milliseconds)-\(self.sequence)" }

    static func < (left: StreamID, right: StreamID) -> Bool {
        (left.milliseconds, left.sequence) < (right.milliseconds, right.sequence)
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = self.components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }
}
