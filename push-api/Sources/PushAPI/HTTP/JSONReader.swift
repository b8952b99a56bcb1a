/// Walks through a JSON text that ``JSONSyntax`` has found valid, without a tree of objects and without copies.
///
/// What is called in the wrong place (``elements(_:)`` on a string, say) is a mistake of the program, not of the text.
struct JSONReader {
    enum Kind {
        case object, array, string, number, boolean, null
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    /// - Parameter bytes: A valid JSON text; it must outlive the reader.
    init(valid bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        self.skipSpace()
    }

    /// What begins here.
    var kind: Kind {
        switch self.bytes[self.position] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        default: return .number
        }
    }

    /// Calls `body` at the start of each element of the list that begins here.
    ///
    /// - Parameter body: Gets a reader of its own; it need not read the element.
    func elements<Failure: Error>(_ body: (JSONReader) throws(Failure) -> Void) throws(Failure) {
        var reader = self
        reader.enter()
        while !reader.isAtEnd(UInt8(ascii: "]")) {
            try body(reader)
            reader.skipValue()
            reader.skipSeparator()
        }
    }

    /// Calls `body` with each name of the object that begins here, and a reader at the start of its value.
    func members(_ body: (JSONString, JSONReader) -> Void) {
        var reader = self
        reader.enter()
        while !reader.isAtEnd(UInt8(ascii: "}")) {
            let name = reader.takeString()
            reader.skipSpace()
            // The colon.
            reader.position += 1
            reader.skipSpace()
            body(name, reader)
            reader.skipValue()
            reader.skipSeparator()
        }
    }

    /// The string that begins here.
    var string: JSONString {
        var reader = self
        return reader.takeString()
    }

    private mutating func enter() {
        self.position += 1
        self.skipSpace()
    }

    private func isAtEnd(_ bracket: UInt8) -> Bool {
        self.bytes[self.position] == bracket
    }

    private mutating func skipSpace() {
        while self.position < self.bytes.count {
            let byte = self.bytes[self.position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            self.position += 1
        }
    }

    /// The comma after an item, if there is one, and the space around it.
    private mutating func skipSeparator() {
        self.skipSpace()
        if self.bytes[self.position] == UInt8(ascii: ",") {
            self.position += 1
            self.skipSpace()
        }
    }

    private mutating func takeString() -> JSONString {
        let start = self.position + 1
        var end = start
        var hasEscapes = false
        while self.bytes[end] != UInt8(ascii: "\"") {
            if self.bytes[end] == UInt8(ascii: "\\") {
                hasEscapes = true
                end += 1
            }
            end += 1
        }
        self.position = end + 1
        return JSONString(raw: UnsafeBufferPointer(rebasing: self.bytes[start..<end]), hasEscapes: hasEscapes)
    }

    private mutating func skipValue() {
        switch self.kind {
        case .string:
            _ = self.takeString()
        case .object, .array:
            var depth = 0
            repeat {
                switch self.bytes[self.position] {
                case UInt8(ascii: "\""):
                    _ = self.takeString()
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                default: break
                }
                self.position += 1
            } while depth > 0
        case .number, .boolean, .null:
            while self.position < self.bytes.count, !Self.endsWord(self.bytes[self.position]) { self.position += 1 }
        }
    }

    private static func endsWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") || byte <= 0x20
    }
}

/// A string of a valid JSON text, as it stands between its quotes.
struct JSONString {
    fileprivate let raw: UnsafeBufferPointer<UInt8>
    fileprivate let hasEscapes: Bool

    /// Whether it is this text.
    func equals(_ text: StaticString) -> Bool {
        guard self.hasEscapes else {
            return self.raw.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        }
        return self.withUTF8 { $0.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)) }
            ?? false
    }

    /// Calls `body` with the text in UTF-8, without its escapes.
    ///
    /// - Returns: `nil` for escapes that are no text: half of a surrogate pair.
    func withUTF8<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result? {
        guard self.hasEscapes else { return body(self.raw) }
        return self.unescaped()?.withUnsafeBufferPointer(body)
    }

    private func unescaped() -> [UInt8]? {
        var text: [UInt8] = []
        text.reserveCapacity(self.raw.count)
        var position = 0
        while position < self.raw.count {
            let byte = self.raw[position]
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                position += 1
                continue
            }
            let escape = self.raw[position + 1]
            position += 2
            switch escape {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"):
                guard let scalar = self.scalar(at: &position) else { return nil }
                text.append(contentsOf: String(Character(scalar)).utf8)
            default: text.append(escape)
            }
        }
        return text
    }

    /// The scalar whose hexadecimal digits stand at `position`: four, or a pair of surrogates (RFC 8259, section 7).
    private func scalar(at position: inout Int) -> Unicode.Scalar? {
        let unit = self.unit(at: position)
        position += 4
        guard UTF16.isLeadSurrogate(unit) else { return Unicode.Scalar(unit) }
        guard position + 6 <= self.raw.count, self.raw[position] == UInt8(ascii: "\\"),
            self.raw[position + 1] == UInt8(ascii: "u")
        else { return nil }
        let second = self.unit(at: position + 2)
        guard UTF16.isTrailSurrogate(second) else { return nil }
        position += 6
        return Unicode.Scalar(0x10000 + (UInt32(unit & 0x3FF) << 10 | UInt32(second & 0x3FF)))
    }

    private func unit(at position: Int) -> UInt16 {
        (0..<4).reduce(into: UInt16(0)) { unit, offset in
            let digit = self.raw[position + offset]
            // `A` and `a` differ in the bit that the digits of 10 and more do not need.
            unit = unit << 4 | UInt16(digit <= UInt8(ascii: "9") ? digit & 0x0F : (digit & 0x0F) + 9)
        }
    }
}
