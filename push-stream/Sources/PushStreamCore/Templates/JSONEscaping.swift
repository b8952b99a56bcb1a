public enum JSONEscaping {
    /// Appends `text` as the inside of a JSON string.
    public static func append(_ text: [UInt8], to output: inout [UInt8]) {
        if !text.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) {
            output += text
            return
        }
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                output.append(UInt8(ascii: "\\"))
                output.append(byte)
            case 0..<0x20:
                let hex = String(byte, radix: 16)
                output += "\\u\(String(repeating: "0", count: 4 - hex.count))\(hex)".utf8
            default: output.append(byte)
            }
        }
    }
}
