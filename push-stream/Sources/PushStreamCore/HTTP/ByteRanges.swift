/// The ranges of a `Range` field, as Nginx reads them.
public enum ByteRanges: Sendable, Equatable {
    /// The whole file: there is no field that asks for bytes, or it asks for more than the file has (which costs the server more than it
    /// serves the client).
    case all
    /// These bytes, in the order in which they were asked for. Never empty, and none is.
    case some([Range<Int>])
    /// Nothing that the file has (416).
    case unsatisfiable

    /// - Parameters:
    ///   - field: value of `Range`.
    ///   - length: bytes of the file.
    ///   - limit: ranges that one request may ask for (`max_ranges`).
    public init(_ field: [UInt8], length: Int, limit: Int) {
        let unit = Array("bytes=".utf8)
        guard field.count > unit.count, zip(field, unit).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) else {
            self = .all
            return
        }
        var ranges: [Range<Int>] = []
        var total = 0
        for part in field[unit.count...].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard let bounds = Self.bounds(part, length: length) else {
                self = .unsatisfiable
                return
            }
            if bounds.start < bounds.end {
                guard ranges.count < limit else {
                    self = .all
                    return
                }
                ranges.append(bounds.start..<bounds.end)
                total += bounds.end - bounds.start
            } else if bounds.start == 0 {
                // The first byte of nothing.
                self = .all
                return
            }
        }
        if ranges.isEmpty { self = .unsatisfiable } else { self = total > length ? .all : .some(ranges) }
    }

    /// `2-5`, `2-` or `-5`, blanks around the numbers allowed.
    private static func bounds(_ part: ArraySlice<UInt8>, length: Int) -> (start: Int, end: Int)? {
        let numbers = part.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).map(trimmed)
        guard numbers.count == 2 else { return nil }
        if numbers[0].isEmpty {
            guard let suffix = DecimalParsing.parse(Array(numbers[1])) else { return nil }
            return (max(0, length - suffix), length)
        }
        guard let start = DecimalParsing.parse(Array(numbers[0])) else { return nil }
        if numbers[1].isEmpty { return (start, length) }
        guard let last = DecimalParsing.parse(Array(numbers[1])) else { return nil }
        return (start, last >= length ? length : last + 1)
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let start = text.drop { $0 == 0x20 }
        return start.dropLast(start.reversed().prefix { $0 == 0x20 }.count)
    }
}
