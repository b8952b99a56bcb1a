public enum PercentDecoding {
    /// Decodes `%XX`; a `%` that no two hexadecimal digits follow stays as it is.
    public static func decode(_ bytes: [UInt8]) -> [UInt8] {
        if !bytes.contains(UInt8(ascii: "%")) { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index != bytes.endIndex {
            let byte = bytes[index]
            bytes.formIndex(after: &index)
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            let high = index
            guard high != bytes.endIndex, let h = hexValue(bytes[high]) else {
                result.append(byte)
                continue
            }
            let low = bytes.index(after: high)
            guard low != bytes.endIndex, let l = hexValue(bytes[low]) else {
                result.append(byte)
                continue
            }
            result.append(h << 4 | l)
            index = bytes.index(after: low)
        }
        return result
    }

    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
