import FoundationEssentials
import Glibc

/// UTC with milliseconds, `2026-01-31T23:59:59.123Z`, without the cost of a calendar.
enum LogTimestamp {
    static func now() -> String {
        let milliseconds = Int(Date().timeIntervalSince1970 * 1000)
        return format(seconds: milliseconds / 1000, milliseconds: milliseconds % 1000)
    }

    /// Keeps what all texts of one second have in common.
    struct Cache {
        private var second = Int.min
        private var text: [UInt8] = []

        /// The time since 1970 as ``now()`` writes it.
        mutating func text(seconds: Int, milliseconds: Int) -> [UInt8] {
            if seconds != second {
                second = seconds
                text = Array(LogTimestamp.format(seconds: seconds, milliseconds: 0).utf8)
            }
            var rest = milliseconds
            for position in stride(from: 22, through: 20, by: -1) {
                text[position] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
            return text
        }
    }

    static func format(seconds: Int, milliseconds: Int) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        let numbers =
            [
                (Int(parts.tm_year) + 1900, 4, "-"), (Int(parts.tm_mon) + 1, 2, "-"), (Int(parts.tm_mday), 2, "T"),
                (Int(parts.tm_hour), 2, ":"), (Int(parts.tm_min), 2, ":"), (Int(parts.tm_sec), 2, "."), (milliseconds, 3, "Z"),
            ] as [(Int, Int, Unicode.Scalar)]
        // Every line has one: no piece of it is a string of its own.
        return String(unsafeUninitializedCapacity: 24) { text in
            var end = 0
            for (number, width, separator) in numbers {
                var rest = number
                for position in stride(from: end + width - 1, through: end, by: -1) {
                    text[position] = UInt8(ascii: "0") + UInt8(rest % 10)
                    rest /= 10
                }
                text[end + width] = UInt8(ascii: separator)
                end += width + 1
            }
            return end
        }
    }
}
