import Glibc

/// How a message is known whatever template it is put into: its text begins with `~`, eight digits and `~`. push-api does not
/// percent-encode `~`, so the mark is the same behind it.
///
/// Pings, chunk sizes, heads of WebSocket frames and templates hold no such sequence, so scanning received bytes for it counts messages
/// and nothing else, for every transport.
enum SequenceMark {
    static let length = 10
    /// Numbers from 0 on; a run has fewer messages than this.
    static let limit = 100_000_000
    private static let sign = UInt8(ascii: "~")

    /// The mark's bytes.
    static func bytes(_ number: Int) -> [UInt8] {
        let digits = String(number)
        return [self.sign] + [UInt8](repeating: UInt8(ascii: "0"), count: 8 - digits.utf8.count) + digits.utf8 + [self.sign]
    }

    /// Writes the digits of a mark whose first byte is at `position`.
    static func write(_ number: Int, at position: UnsafeMutablePointer<UInt8>) {
        position[0] = self.sign
        var rest = number
        for digit in stride(from: 8, to: 0, by: -1) {
            position[digit] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        position[9] = self.sign
    }

    /// Gives the number of each mark between two positions to `body`.
    /// - Returns: where a mark begins whose end may still be to come, else `end`.
    @inline(__always)
    static func scan(
        from start: UnsafeMutablePointer<UInt8>, to end: UnsafeMutablePointer<UInt8>, _ body: (Int) throws -> Void
    ) rethrows -> UnsafeMutablePointer<UInt8> {
        var position = start
        while position < end, let found = memchr(position, Int32(self.sign), end - position) {
            let mark = found.assumingMemoryBound(to: UInt8.self)
            if end - mark < self.length { return mark }
            if mark[9] == self.sign, let number = self.number(UnsafeRawPointer(mark + 1)) {
                try body(number)
                position = mark + self.length
            } else {
                position = mark + 1
            }
        }
        return end
    }

    /// Eight ASCII digits as a number, all at once.
    @inline(__always)
    private static func number(_ digits: UnsafeRawPointer) -> Int? {
        let word = UInt64(littleEndian: digits.loadUnaligned(as: UInt64.self))
        let high: UInt64 = 0xf0f0_f0f0_f0f0_f0f0
        let zeros: UInt64 = 0x3030_3030_3030_3030
        // Both hold for '0' to '9' only: the upper half is 3, and stays so when 6 is added.
        guard word & high == zeros, (word &+ 0x0606_0606_0606_0606) & high == zeros else { return nil }
        var value = word &- zeros
        // Pairs of digits, then pairs of those, then the two halves.
        value = (value &* 10 &+ value >> 8) & 0x00ff_00ff_00ff_00ff
        value = (value &* 100 &+ value >> 16) & 0x0000_ffff_0000_ffff
        value = (value &* 10000 &+ value >> 32) & 0x0000_0000_ffff_ffff
        return Int(value)
    }
}
