import IntegrationSupport

/// Where a connection may be when its client does something rude.
enum ConnectionState: CaseIterable {
    case silent, head, body, chunkedBody, idle, streaming, eventSource, webSocket, severalChannels, longPolling, frame, sentAhead

    static let webSocketFields =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

    static func get(_ target: String, _ fields: String = "") -> String { "GET \(target) HTTP/1.1\r\nHost: t\r\n\(fields)\r\n" }

    /// Whether it is a subscriber's.
    var subscribes: Bool {
        switch self {
        case .silent, .head, .body, .chunkedBody, .idle: false
        default: true
        }
    }

    /// A connection in this state.
    func open(_ server: LonePushStream, channel: String) throws -> RawSocket {
        let socket = try RawSocket(port: server.port)
        switch self {
        case .silent: break
        case .head: try socket.send("GET /ev/\(channel) HTTP/1.1\r\nHo")
        case .body: try socket.send("POST /pub?id=\(channel) HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nhalf")
        case .chunkedBody:
            try socket.send("POST /pub?id=\(channel) HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha")
        case .idle:
            try socket.send(Self.get("/healthz"))
            try socket.receive(until: "\r\n\r\nok")
        case .streaming:
            try socket.send(Self.get("/sub/\(channel)"))
            try socket.receive(until: "\r\n\r\n")
        case .eventSource:
            try socket.send(Self.get("/ev/\(channel)"))
            try socket.receive(until: ": \n")
        case .severalChannels:
            try socket.send(Self.get("/ev/\(channel)/\(channel)-2"))
            try socket.receive(until: ": \n")
        case .webSocket:
            try socket.send(Self.get("/ws/\(channel)", Self.webSocketFields))
            try socket.receive(until: "\r\n\r\n")
        case .frame:
            try socket.send(Self.get("/ws/\(channel)", Self.webSocketFields))
            try socket.receive(until: "\r\n\r\n")
            // Announces 100 bytes and sends three.
            try socket.send([0x81, 0x80 | 100, 0, 0, 0, 0, 1, 2, 3])
        case .longPolling: try socket.send(Self.get("/lp/\(channel)"))
        case .sentAhead:
            try socket.send(Self.get("/ev/\(channel)") + Self.get("/healthz") + "GET /he")
            try socket.receive(until: ": \n")
        }
        return socket
    }
}
