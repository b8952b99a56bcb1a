import Crypto

/// Frames of RFC 6455 as a server sends them: unmasked and whole.
public enum WebSocketFrame {
    public enum Opcode: UInt8, Sendable {
        case continuation = 0x0
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA
    }

    public static func encode(_ opcode: Opcode, payload: [UInt8] = []) -> [UInt8] {
        var frame: [UInt8] = []
        frame.reserveCapacity(payload.count + 10)
        frame.append(0x80 | opcode.rawValue)
        switch payload.count {
        case 0...125: frame.append(UInt8(payload.count))
        case 126...0xFFFF:
            frame.append(126)
            frame += [UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            frame.append(127)
            for shift in stride(from: 56, through: 0, by: -8) { frame.append(UInt8(payload.count >> shift & 0xFF)) }
        }
        frame += payload
        return frame
    }

    /// A close frame without a reason, as the Nginx module sends it at the end of a stream.
    public static let plainClose = encode(.close)
    public static let ping = encode(.ping)

    public static func close(code: UInt16) -> [UInt8] {
        encode(.close, payload: [UInt8(code >> 8), UInt8(code & 0xFF)])
    }

    /// What a subscriber gets that is refused after the handshake: code 1008 and the module's JSON.
    public static func refusal(status: Int, explanation: String) -> [UInt8] {
        encode(.close, payload: [0x03, 0xF0] + Array("{\"http_status\": \(status), \"explain\":\"\(explanation)\"}".utf8))
    }
}

public enum WebSocketHandshake {
    /// Value of `Sec-WebSocket-Accept` for a key (RFC 6455, section 4.2.2).
    public static func accept(key: [UInt8]) -> String {
        var hash = Insecure.SHA1()
        hash.update(data: key)
        hash.update(data: Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8))
        return base64(Array(hash.finalize()))
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static func base64(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = (0..<3).map { start + $0 < bytes.count ? Int(bytes[start + $0]) : 0 }
            let value = group[0] << 16 | group[1] << 8 | group[2]
            for position in 0..<4 {
                let isPadding = position > bytes.count - start
                output.append(isPadding ? UInt8(ascii: "=") : alphabet[value >> (18 - 6 * position) & 0x3F])
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
