import Foundation

/// Points in time as channel records keep them: RFC 3339 in UTC with milliseconds.
enum Timestamp {
    /// Milliseconds since 1970.
    static func now() -> Int {
        Int((Date().timeIntervalSince1970 * 1000).rounded(.down))
    }

    /// `2019-09-01T12:00:00.000Z`.
    static func format(milliseconds: Int) -> String {
        // Whole seconds are exact as floating point; milliseconds would be rounded.
        let seconds = Date(timeIntervalSince1970: Double(milliseconds / 1000)).formatted(.iso8601).dropLast()
        let fraction = String(milliseconds % 1000)
        return "\(seconds).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)Z"
    }

    /// Milliseconds since 1970, from any RFC 3339 text: records of older push-apis have nanoseconds and offsets.
    static func parse(_ text: String) -> Int? {
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
}
