/// A browser's `WebSocket` on `/ws`, by RFC 6455.
public actor WebSocketClient: Subscriber {
    public enum Frame: Sendable, Equatable {
        case text(String)
        case ping([UInt8])
        case pong([UInt8])
        /// With its status code, if it has one.
        case close(UInt16?)
    }

    private let connection: HTTPConnection
    private var buffer: [UInt8] = []

    /// - Throws: `HTTPError.status` when the handshake is refused.
    public init(_ endpoint: Endpoint, channels: String) async throws {
        self.connection = try await HTTPConnection(to: endpoint)
        // Key and answer are the example of RFC 6455, section 1.3.
        try await self.connection.send(
            HTTPRequest(
                "GET", "/ws/\(channels)",
                fields: [
                    ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
                    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
                ]))
        let head = try await self.connection.head()
        guard head.status == 101 else { throw HTTPError.status(head.status, body: "") }
        guard head["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", head["Upgrade"]?.lowercased() == "websocket",
            head["Connection"]?.lowercased() == "upgrade"
        else { throw TransportError.malformed("handshake \(head.fields)") }
    }

    public func next(within limit: Duration) async throws -> PushMessage {
        while true {
            switch try await self.nextFrame(within: limit) {
            case .text(let text): return try PushMessage(json: text)
            case .ping(let payload): try await self.send(opcode: 0xA, payload)
            case .pong: continue
            case .close: throw TransportError.ended
            }
        }
    }

    public func nextFrame(within limit: Duration = .seconds(60)) async throws -> Frame {
        while true {
            if let frame = try self.parse() { return frame }
            guard let bytes = try await self.connection.bytes(within: limit) else { throw TransportError.ended }
            self.buffer += bytes
        }
    }

    /// Sends one masked frame.
    public func send(opcode: UInt8, _ payload: [UInt8], masked: Bool = true) async throws {
        var frame: [UInt8] = [0x80 | opcode]
        let flag: UInt8 = masked ? 0x80 : 0
        switch payload.count {
        case ...125: frame.append(flag | UInt8(payload.count))
        case ...0xFFFF: frame += [flag | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default: frame += [flag | 127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
        }
        if masked {
            let mask = (0..<4).map { _ in UInt8.random(in: 0...255) }
            frame += mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
        } else {
            frame += payload
        }
        try await self.connection.raw.send(frame)
    }

    public nonisolated func close() { self.connection.close() }

    private func parse() throws -> Frame? {
        guard self.buffer.count >= 2 else { return nil }
        let (first, second) = (self.buffer[0], self.buffer[1])
        // The server neither fragments nor masks, and no extension was agreed on.
        guard first & 0xF0 == 0x80, second & 0x80 == 0 else {
            throw TransportError.malformed("frame that starts \(self.buffer.prefix(8))")
        }
        var start = 2
        var length = Int(second & 0x7F)
        if length >= 126 {
            let size = length == 126 ? 2 : 8
            guard self.buffer.count >= 2 + size else { return nil }
            length = self.buffer[2..<2 + size].reduce(0) { $0 << 8 | Int($1) }
            start += size
        }
        guard self.buffer.count >= start + length else { return nil }
        let payload = Array(self.buffer[start..<start + length])
        self.buffer.removeFirst(start + length)
        switch first & 0x0F {
        case 0x1:
            guard let text = String(validating: payload, as: UTF8.self) else {
                throw TransportError.malformed("a text frame is not UTF-8")
            }
            return .text(text)
        case 0x8: return .close(payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil)
        case 0x9: return .ping(payload)
        case 0xA: return .pong(payload)
        default: throw TransportError.malformed("frame with opcode \(first & 0x0F)")
        }
    }
}

extension WebSocketClient {
    /// Sends bytes that need not be a frame.
    public func sendRaw(_ bytes: [UInt8]) async throws {
        try await self.connection.raw.send(bytes)
    }
}
