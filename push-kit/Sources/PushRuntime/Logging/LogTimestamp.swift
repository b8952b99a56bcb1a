import Foundation

/// UTC with milliseconds, `2026-01-31T23:59:59.123Z`, without the cost of a calendar.
enum LogTimestamp {
    static func now() -> String {
        let milliseconds = Int(Date().timeIntervalSince1970 * 1000)
        return format(seconds: milliseconds / 1000, milliseconds: milliseconds % 1000)
    }

    static func format(seconds: Int, milliseconds: Int) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        let year = pad(Int(parts.tm_year) + 1900, 4), month = pad(Int(parts.tm_mon) + 1, 2), day = pad(Int(parts.tm_mday), 2)
        let hour = pad(Int(parts.tm_hour), 2), minute = pad(Int(parts.tm_min), 2), second = pad(Int(parts.tm_sec), 2)
        return "\(year)-\(month)-\(day)T\(hour):\(minute):\(second).\(pad(milliseconds, 3))Z"
    }

    private static func pad(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
