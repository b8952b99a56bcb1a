import FoundationEssentials
import Glibc

/// Points in time as channel records keep them: RFC 3339 in UTC with milliseconds.
///
/// With arithmetic of its own, because a page of the channel list reads and writes thousands of them and Foundation takes
/// microseconds for each.
enum Timestamp {
    /// The last millisecond of the year 9999: RFC 3339 knows no later years.
    private static let latest = 253_402_300_799_999

    private static let dayLength = 86_400_000

    /// Milliseconds since 1970.
    static func now() -> Int {
        Int((Date().timeIntervalSince1970 * 1000).rounded(.down))
    }

    /// `2019-09-01T12:00:00.000Z`.
    ///
    /// - Parameter milliseconds: Since 1970. What lies outside 1970 to 9999 is written as the first or last time of it.
    static func format(milliseconds: Int) -> String {
        let milliseconds = min(max(milliseconds, 0), Self.latest)
        let (year, month, day) = Self.date(ofDay: milliseconds / Self.dayLength)
        let time = milliseconds % Self.dayLength
        return String(unsafeUninitializedCapacity: 24) { text in
            func write(_ value: Int, digits: Int, at position: Int, before separator: Unicode.Scalar) {
                var value = value
                for offset in (0..<digits).reversed() {
                    text[position + offset] = UInt8(ascii: "0") + UInt8(value % 10)
                    value /= 10
                }
                text[position + digits] = UInt8(ascii: separator)
            }
            write(year, digits: 4, at: 0, before: "-")
            write(month, digits: 2, at: 5, before: "-")
            write(day, digits: 2, at: 8, before: "T")
            write(time / 3_600_000, digits: 2, at: 11, before: ":")
            write(time / 60_000 % 60, digits: 2, at: 14, before: ":")
            write(time / 1000 % 60, digits: 2, at: 17, before: ".")
            write(time % 1000, digits: 3, at: 20, before: "Z")
            return 24
        }
    }

    /// The time so many milliseconds after another one, or `nil` if it is not within the years 1970 to 9999.
    static func format(milliseconds: Int, adding span: Int) -> String? {
        let (sum, isTooLarge) = milliseconds.addingReportingOverflow(span)
        guard !isTooLarge, (0...Self.latest).contains(sum) else { return nil }
        return Self.format(milliseconds: sum)
    }

    /// Milliseconds since 1970, from any RFC 3339 text: records of older push-apis have nanoseconds and offsets.
    static func parse(_ text: String) -> Int? {
        if let milliseconds = Self.parseOwn(text) { return milliseconds }
        guard let dot = text.firstIndex(of: ".") else {
            return Self.seconds(text).map { $0 * 1000 }
        }
        let digits = text[text.index(after: dot)...].prefix { $0.isASCII && $0.isNumber }
        guard let fraction = Int((digits + "000").prefix(3)),
            let seconds = Self.seconds(text[..<dot] + text[digits.endIndex...])
        else { return nil }
        return seconds * 1000 + fraction
    }

    private static func seconds(_ text: some StringProtocol) -> Int? {
        (try? Date.ISO8601FormatStyle().parse(String(text))).map { Int($0.timeIntervalSince1970) }
    }

    /// A time as ``format(milliseconds:)`` writes it, and nothing else.
    private static func parseOwn(_ text: String) -> Int? {
        var copy = text
        let milliseconds: Int? = copy.withUTF8 { text in
            guard text.count == 24 else { return nil }
            func number(_ digits: Range<Int>) -> Int { digits.reduce(0) { $0 * 10 + Int(text[$1]) - 0x30 } }
            let day = Self.day(year: number(0..<4), month: number(5..<7), day: number(8..<10))
            return day * Self.dayLength + number(11..<13) * 3_600_000 + number(14..<16) * 60_000 + number(17..<19) * 1000
                + number(20..<23)
        }
        // Whatever is not a digit, a separator in its place or a number within its bounds comes out otherwise.
        guard let milliseconds, (0...Self.latest).contains(milliseconds), Self.format(milliseconds: milliseconds) == text else {
            return nil
        }
        return milliseconds
    }

    // Years are counted from March here, so that the leap day is the last one, and in spans of 400 years, which repeat.

    private static let daysIn400Years = 146_097
    /// From 1 March of the year 0 to 1 January 1970.
    private static let daysBefore1970 = 719_468

    private static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
        let day = day + Self.daysBefore1970
        let inSpan = day % Self.daysIn400Years
        let year = (inSpan - inSpan / 1460 + inSpan / 36_524 - inSpan / 146_096) / 365
        let inYear = inSpan - (365 * year + year / 4 - year / 100)
        let month = (5 * inYear + 2) / 153
        return (
            year: day / Self.daysIn400Years * 400 + year + (month < 10 ? 0 : 1), month: month < 10 ? month + 3 : month - 9,
            day: inYear - (153 * month + 2) / 5 + 1
        )
    }

    private static func day(year: Int, month: Int, day: Int) -> Int {
        let year = month > 2 ? year : year - 1
        let inSpan = year % 400
        let inYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return year / 400 * Self.daysIn400Years + inSpan * 365 + inSpan / 4 - inSpan / 100 + inYear - Self.daysBefore1970
    }
}
