/// Percent-encoding of message content, the form in which it travels from push-api to subscribers.
///
/// Nginx's templates do not escape, so content that could end a JSON string or a script is encoded before it enters them;
/// subscribers undo it with `decodeURIComponent`. Everything outside RFC 3986's unreserved set is encoded, which is more
/// than `encodeURIComponent` does: `'` must not survive in the script of the hidden-iframe template.
public enum ContentEncoding {
    /// The largest content, in bytes after encoding, that push-stream's publisher takes.
    public static let maximumEncodedLength = 32 * 1024

    public static func encode(_ content: String) -> String {
        var content = content
        return content.withUTF8(Self.encode)
    }

    /// - Parameter content: Any bytes; ASCII comes out.
    public static func encode(_ content: UnsafeBufferPointer<UInt8>) -> String {
        String(unsafeUninitializedCapacity: Self.encodedLength(content)) { buffer in
            var length = 0
            for byte in content {
                if Self.isUnreserved(byte) {
                    buffer[length] = byte
                    length += 1
                } else {
                    buffer[length] = UInt8(ascii: "%")
                    buffer[length + 1] = Self.hexDigit(byte >> 4)
                    buffer[length + 2] = Self.hexDigit(byte & 0x0F)
                    length += 3
                }
            }
            return length
        }
    }

    /// The length of `encode(content)` without making it.
    public static func encodedLength(_ content: String) -> Int {
        var content = content
        return content.withUTF8(Self.encodedLength)
    }

    /// The length of `encode(content)` without making it.
    public static func encodedLength(_ content: UnsafeBufferPointer<UInt8>) -> Int {
        content.reduce(into: 0) { length, byte in length += Self.isUnreserved(byte) ? 1 : 3 }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
            return true
        default:
            return false
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
