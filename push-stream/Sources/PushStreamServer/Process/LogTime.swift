import FoundationEssentials
import Glibc

/// The forms of time that Nginx writes.
public enum LogTime {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `2026/01/31 23:59:59`
    public static func errorLog(_ date: Date, in zone: TimeZone) -> String {
        let (time, _) = self.broken(date, zone)
        return "\(time.tm_year + 1900)/\(two(time.tm_mon + 1))/\(two(time.tm_mday)) \(clock(time))"
    }

    /// `$time_local`: `31/Jan/2026:23:59:59 +0000`
    public static func local(_ date: Date, in zone: TimeZone) -> String {
        let (time, offset) = self.broken(date, zone)
        let month = self.months[Int(time.tm_mon)]
        return "\(two(time.tm_mday))/\(month)/\(time.tm_year + 1900):\(clock(time)) \(zoneText(offset, separator: ""))"
    }

    /// `$time_iso8601`: `2026-01-31T23:59:59+00:00`
    public static func iso8601(_ date: Date, in zone: TimeZone) -> String {
        let (time, offset) = self.broken(date, zone)
        let day = "\(time.tm_year + 1900)-\(two(time.tm_mon + 1))-\(two(time.tm_mday))"
        return "\(day)T\(clock(time))\(zoneText(offset, separator: ":"))"
    }

    /// `Jan  1 23:59:59`, of RFC 3164.
    public static func syslog(_ date: Date, in zone: TimeZone) -> String {
        let (time, _) = self.broken(date, zone)
        let day = time.tm_mday < 10 ? " \(time.tm_mday)" : "\(time.tm_mday)"
        return "\(self.months[Int(time.tm_mon)]) \(day) \(clock(time))"
    }

    /// `$msec`: seconds with three decimals.
    public static func seconds(_ date: Date) -> String {
        let milliseconds = Int(date.timeIntervalSince1970 * 1000)
        let fraction = String(milliseconds % 1000)
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }

    // The same for milliseconds since 1970, in this machine's time zone.

    static func seconds(_ milliseconds: Int) -> String {
        let fraction = String(1000 + milliseconds % 1000).dropFirst()
        return "\(milliseconds / 1000).\(fraction)"
    }

    static func local(_ milliseconds: Int) -> String { local(date(milliseconds), in: currentZone) }

    static func iso8601(_ milliseconds: Int) -> String { iso8601(date(milliseconds), in: currentZone) }

    private static let currentZone = TimeZone.current

    private static func date(_ milliseconds: Int) -> Date { Date(timeIntervalSince1970: Double(milliseconds / 1000)) }

    private static func broken(_ date: Date, _ zone: TimeZone) -> (time: tm, offset: Int) {
        let offset = zone.secondsFromGMT(for: date)
        var seconds = time_t(date.timeIntervalSince1970.rounded(.down)) + offset
        var time = tm()
        gmtime_r(&seconds, &time)
        return (time, offset)
    }

    private static func clock(_ time: tm) -> String {
        "\(two(time.tm_hour)):\(two(time.tm_min)):\(two(time.tm_sec))"
    }

    private static func two(_ value: Int32) -> String {
        value < 10 ? "0\(value)" : "\(value)"
    }

    private static func zoneText(_ offset: Int, separator: String) -> String {
        let minutes = Int32(abs(offset) / 60)
        return "\(offset < 0 ? "-" : "+")\(two(minutes / 60))\(separator)\(two(minutes % 60))"
    }
}
