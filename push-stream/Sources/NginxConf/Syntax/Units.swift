/// Nginx's ways to write numbers, sizes and times.
public enum Units {
    /// Milliseconds in 1,000 years (of 365 days). No time is longer, so whoever adds some of them, or adds one to a date, never overflows.
    private static let longestDuration = 1000 * 31_536_000_000

    /// Digits only.
    public static func number(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    /// Bytes: a number, with `k` or `m` behind it, and `g` where `gigabytes` allows it.
    public static func size(_ text: String, gigabytes: Bool = false) -> Int? {
        guard let last = text.utf8.last else { return nil }
        let factor: Int
        switch last {
        case UInt8(ascii: "k"), UInt8(ascii: "K"): factor = 1 << 10
        case UInt8(ascii: "m"), UInt8(ascii: "M"): factor = 1 << 20
        case UInt8(ascii: "g"), UInt8(ascii: "G"):
            guard gigabytes else { return nil }
            factor = 1 << 30
        default: return self.number(text)
        }
        guard let number = self.number(String(text.dropLast())) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : bytes
    }

    /// Milliseconds. Parts stand from the longest unit to the shortest (`1h30m`, blanks allowed between them); the last may be
    /// without a unit and is then in seconds. `ms` is refused where Nginx keeps whole seconds, `M` and
    /// `y` where it keeps milliseconds. More than 1,000 years are none.
    public static func duration(_ text: String, wholeSeconds: Bool = false) -> Int? {
        // Milliseconds in a unit; Nginx takes a month as 30 days and a year as 365.
        let units: [(suffix: String, milliseconds: Int)] = [
            ("y", 31_536_000_000), ("M", 2_592_000_000), ("w", 604_800_000), ("d", 86_400_000),
            ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1), ("", 1_000),
        ]
        var rest = Substring(text)
        var total = 0
        var next = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let value = self.number(String(digits)) else { return nil }
            rest = rest.dropFirst(digits.count)
            let suffix = String(rest.prefix { $0.isASCII && $0.isLetter })
            rest = rest.dropFirst(suffix.count)
            // A blank after a number is the end of that part; a part without unit can only be the last.
            rest = rest.drop { $0 == " " }
            guard let unit = units.firstIndex(where: { $0.suffix == suffix }), unit >= next else { return nil }
            if suffix == "ms", wholeSeconds { return nil }
            if suffix == "y" || suffix == "M", !wholeSeconds { return nil }
            if suffix.isEmpty, !rest.isEmpty { return nil }
            next = unit + 1
            let (part, overflow) = value.multipliedReportingOverflow(by: units[unit].milliseconds)
            let (sum, overflowOfSum) = total.addingReportingOverflow(part)
            guard !overflow, !overflowOfSum, sum <= longestDuration else { return nil }
            total = sum
        }
        return total
    }

    /// `on` or `off`, in any case, as Nginx compares them.
    public static func flag(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "on": true
        case "off": false
        default: nil
        }
    }
}
