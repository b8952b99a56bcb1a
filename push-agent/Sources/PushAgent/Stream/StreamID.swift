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
    init?(_ text: some StringProtocol) { self.init(bytes: text.utf8) }

    /// As above, from the bytes of the text.
    init?(bytes: some Sequence<UInt8>) {
        var (milliseconds, sequence) = (UInt64(0), UInt64(0))
        var digits = 0
        var isSequence = false
        for byte in bytes {
            if byte == UInt8(ascii: "-"), !isSequence, digits > 0 {
                (milliseconds, sequence, digits, isSequence) = (sequence, 0, 0, true)
                continue
            }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (product, overflows) = sequence.multipliedReportingOverflow(by: 10)
            let (sum, carries) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard !overflows, !carries else { return nil }
            sequence = sum
            digits += 1
        }
        guard digits > 0 else { return nil }
        self =
            isSequence
            ? StreamID(milliseconds: milliseconds, sequence: sequence) : StreamID(milliseconds: sequence, sequence: 0)
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
