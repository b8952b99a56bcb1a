import ArgumentParser

/// How subscribers receive.
enum Transport: String, CaseIterable, Codable, ExpressibleByArgument {
    case eventsource
    case streaming
    case websocket
    case longpolling
}

/// The request of a subscriber, and what its answer must be.
struct SubscribeRequest {
    let path: String
    let transport: Transport
    let bytes: [UInt8]

    /// - Parameter host: the Host field.
    init(path: String, host: String, transport: Transport) {
        self.path = path
        self.transport = transport
        var head = "GET \(path) HTTP/1.1\r\nHost: \(host)\r\n"
        switch transport {
        case .eventsource: head += "Accept: text/event-stream\r\n"
        case .websocket:
            // The key of RFC 6455's example: what it is does not matter here.
            head += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            head += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        case .streaming, .longpolling: break
        }
        self.bytes = Array((head + "\r\n").utf8)
    }

    /// The status of a subscription that was accepted.
    var acceptedStatus: Int { self.transport == .websocket ? 101 : 200 }
}
