/// Checks that bytes are one JSON text as RFC 8259 defines it.
///
/// Foundation's decoder takes more than that (commas before a closing bracket, numbers that it does not look at), and what
/// it takes leniently here another reader of the same text may take for something else.
struct JSONSyntax {
    /// Lists and objects within each other at most.
    static let maximumDepth = 100

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    private init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// - Parameter bytes: UTF-8; its validity is not looked at.
    static func isValid(_ bytes: some Sequence<UInt8>) -> Bool {
        func check(_ buffer: UnsafeBufferPointer<UInt8>) -> Bool {
            var syntax = JSONSyntax(buffer)
            syntax.skipSpace()
            guard syntax.value(depth: 0) else { return false }
            syntax.skipSpace()
            return syntax.position == buffer.count
        }
        return bytes.withContiguousStorageIfAvailable(check) ?? Array(bytes).withUnsafeBufferPointer(check)
    }

    private var current: UInt8? { self.position < self.bytes.count ? self.bytes[self.position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard self.current == byte else { return false }
        self.position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = self.current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { self.position += 1 }
    }

    private mutating func value(depth: Int) -> Bool {
        switch self.current {
        case UInt8(ascii: "{"): return self.items(depth: depth, end: UInt8(ascii: "}"), haveNames: true)
        case UInt8(ascii: "["): return self.items(depth: depth, end: UInt8(ascii: "]"), haveNames: false)
        case UInt8(ascii: "\""): return self.string()
        case UInt8(ascii: "t"): return self.word("true")
        case UInt8(ascii: "f"): return self.word("false")
        case UInt8(ascii: "n"): return self.word("null")
        default: return self.number()
        }
    }

    private mutating func items(depth: Int, end: UInt8, haveNames: Bool) -> Bool {
        guard depth < Self.maximumDepth else { return false }
        self.position += 1
        self.skipSpace()
        if self.take(end) { return true }
        while true {
            if haveNames {
                guard self.current == UInt8(ascii: "\""), self.string() else { return false }
                self.skipSpace()
                guard self.take(UInt8(ascii: ":")) else { return false }
                self.skipSpace()
            }
            guard self.value(depth: depth + 1) else { return false }
            self.skipSpace()
            if self.take(end) { return true }
            guard self.take(UInt8(ascii: ",")) else { return false }
            self.skipSpace()
        }
    }

    private mutating func string() -> Bool {
        self.position += 1
        while let byte = self.current {
            self.position += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"): guard self.escape() else { return false }
            case 0..<0x20: return false
            default: continue
            }
        }
        return false
    }

    private mutating func escape() -> Bool {
        guard let byte = self.current else { return false }
        self.position += 1
        guard byte == UInt8(ascii: "u") else { return "\"\\/bfnrt".utf8.contains(byte) }
        for _ in 0..<4 {
            guard let digit = self.current, Self.isHexDigit(digit) else { return false }
            self.position += 1
        }
        return true
    }

    private mutating func word(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard self.bytes.count - self.position >= length else { return false }
        for offset in 0..<length where self.bytes[self.position + offset] != word.utf8Start[offset] { return false }
        self.position += length
        return true
    }

    private mutating func number() -> Bool {
        _ = self.take(UInt8(ascii: "-"))
        guard self.take(UInt8(ascii: "0")) || self.digits() else { return false }
        if self.take(UInt8(ascii: ".")), !self.digits() { return false }
        if self.take(UInt8(ascii: "e")) || self.take(UInt8(ascii: "E")) {
            if !self.take(UInt8(ascii: "+")) { _ = self.take(UInt8(ascii: "-")) }
            return self.digits()
        }
        return true
    }

    private mutating func digits() -> Bool {
        let start = self.position
        while let byte = self.current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { self.position += 1 }
        return self.position > start
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
            return true
        default:
            return false
        }
    }
}
