/// Dates of HTTP header fields, in seconds since 1970, without a calendar library.
public enum HTTPDate {
    private static let days = "SunMonTueWedThuFriSat"
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Thu, 01 Jan 1970 00:00:00 GMT`.
    public static func format(_ seconds: Int) -> String {
        let (date, clock) = split(seconds)
        let weekday = ((seconds - clock) / 86_400 % 7 + 11) % 7
        // A message's template may name its time, so this is no place for putting strings together.
        return String(unsafeUninitializedCapacity: 29) { output in
            var end = 0
            func put(_ bytes: some Collection<UInt8>) {
                for byte in bytes {
                    output.initializeElement(at: end, to: byte)
                    end += 1
                }
            }
            func put(_ value: Int, _ after: Character) {
                put(CollectionOfOne(UInt8(ascii: "0") + UInt8(value / 10)))
                put(CollectionOfOne(UInt8(ascii: "0") + UInt8(value % 10)))
                put(CollectionOfOne(after.asciiValue ?? 0))
            }
            put(days.utf8.dropFirst(weekday * 3).prefix(3))
            put(", ".utf8)
            put(date.day, " ")
            put(months[date.month - 1].utf8)
            put(CollectionOfOne(UInt8(ascii: " ")))
            put(pad(date.year, 4).utf8.prefix(4))
            put(CollectionOfOne(UInt8(ascii: " ")))
            put(clock / 3600, ":")
            put(clock / 60 % 60, ":")
            put(clock % 60, " ")
            put("GMT".utf8)
            return end
        }
    }

    /// `1970-01-01T00:00:00`, as the statistics give it (UTC).
    public static func formatISO8601(_ seconds: Int) -> String {
        let (date, clock) = split(seconds)
        return "\(pad(date.year, 4))-\(pad(date.month))-\(pad(date.day))T"
            + "\(pad(clock / 3600)):\(pad(clock / 60 % 60)):\(pad(clock % 60))"
    }

    /// `24/Nov/2026:03:32:28 +0000`, as access logs give it.
    public static func formatLog(_ seconds: Int) -> String {
        let (date, clock) = split(seconds)
        return "\(pad(date.day))/\(months[date.month - 1])/\(pad(date.year, 4)):"
            + "\(pad(clock / 3600)):\(pad(clock / 60 % 60)):\(pad(clock % 60)) +0000"
    }

    /// Reads the three forms of RFC 9110 section 5.6.7; `nil` for anything else.
    public static func parse(_ bytes: some Sequence<UInt8>) -> Int? {
        let fields = String(decoding: Array(bytes.prefix(64)), as: UTF8.self)
            .split(omittingEmptySubsequences: true, whereSeparator: { " ,-".contains($0) }).map(String.init)
        if fields.count == 6, let day = Int(fields[1]), var year = Int(fields[3]) {
            // "Sun, 06 Nov 1994 08:49:37 GMT" and "Sunday, 06-Nov-94 08:49:37 GMT".
            if fields[3].count == 2 { year += year < 70 ? 2000 : 1900 }
            return seconds(year: year, month: fields[2], day: day, clock: fields[4])
        }
        if fields.count == 5, let day = Int(fields[2]), let year = Int(fields[4]) {
            // "Sun Nov  6 08:49:37 1994".
            return seconds(year: year, month: fields[1], day: day, clock: fields[3])
        }
        return nil
    }

    private static func seconds(year: Int, month: String, day: Int, clock: String) -> Int? {
        guard let month = months.firstIndex(of: month).map({ $0 + 1 }), (1970...9999).contains(year), (1...31).contains(day)
        else {
            return nil
        }
        let parts = clock.split(separator: ":").map { Int($0) }
        guard parts.count == 3, let h = parts[0], let m = parts[1], let s = parts[2],
            (0...23).contains(h), (0...59).contains(m), (0...60).contains(s)
        else { return nil }
        return daysFromCivil(year, month, day) * 86_400 + h * 3600 + m * 60 + s
    }

    private static func split(_ seconds: Int) -> (date: (year: Int, month: Int, day: Int), clock: Int) {
        let clock = ((seconds % 86_400) + 86_400) % 86_400
        return (civil(fromDays: (seconds - clock) / 86_400), clock)
    }

    /// Proleptic Gregorian calendar by eras of 400 years (146,097 days), years starting in March.
    private static func daysFromCivil(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = y / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let m = (5 * dayOfYear + 2) / 153
        let month = m < 10 ? m + 3 : m - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * m + 2) / 5 + 1)
    }

    private static func pad(_ value: Int, _ width: Int = 2) -> String {
        let text = String(value)
        return text.count >= width ? text : String(repeating: "0", count: width - text.count) + text
    }
}
