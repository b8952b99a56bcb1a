/// Checks UTF-8 that arrives in pieces (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
public struct UTF8Validator: Sendable {
    private var remaining = 0
    /// Range that the next continuation byte must be in.
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF

    public init() {}

    /// - Returns: `false` once the bytes cannot be UTF-8 any more.
    public mutating func consume(_ bytes: some Sequence<UInt8>) -> Bool {
        for byte in bytes {
            if remaining > 0 {
                guard byte >= lower, byte <= upper else { return false }
                remaining -= 1
                (lower, upper) = (0x80, 0xBF)
                continue
            }
            switch byte {
            case 0x00...0x7F: continue
            case 0xC2...0xDF: remaining = 1
            case 0xE0: (remaining, lower) = (2, 0xA0)
            case 0xED: (remaining, upper) = (2, 0x9F)
            case 0xE1...0xEF: remaining = 2
            case 0xF0: (remaining, lower) = (3, 0x90)
            case 0xF1...0xF3: remaining = 3
            case 0xF4: (remaining, upper) = (3, 0x8F)
            default: return false
            }
        }
        return true
    }

    /// Whether no character is cut off.
    public var isComplete: Bool { remaining == 0 }

    public static func isValid(_ bytes: some Sequence<UInt8>) -> Bool {
        var validator = UTF8Validator()
        return validator.consume(bytes) && validator.isComplete
    }
}
