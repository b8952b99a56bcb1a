/// Paths in addresses that the server itself makes.
enum PathEscaping {
    /// Percent-encodes what may not stand in a path, as Nginx does.
    static func escape(_ path: String) -> String {
        guard path.utf8.contains(where: isEscaped) else { return path }
        var result: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in path.utf8 {
            if isEscaped(byte) {
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte >= 0x7F || "\"#%<>?\\^`{|}".utf8.contains(byte)
    }
}
