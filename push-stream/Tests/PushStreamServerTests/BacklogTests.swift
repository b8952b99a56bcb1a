import PushStreamCore
import Testing

@testable import PushStreamServer

/// Publishers wait for event loops that lag behind.
@Suite struct BacklogTests {
    /// A client's text frame with a mask of zeros.
    private static func frame(_ text: String) -> [UInt8] {
        [0x81, 0x80 | UInt8(text.utf8.count), 0, 0, 0, 0] + Array(text.utf8)
    }

    @Test func aWebSocketClientWaitsToo() async throws {
        try await TestEngine.run({ $0.websocketPublishes = true }) { server in
            let events = try await server.subscribe("/ev/a", started: ": \n")
            let publisher = try PlainSocket(port: server.port)
            try publisher.send("GET /ws/a HTTP/1.1\r\nHost: t\r\n\(TestEngine.webSocketFields)\r\n")
            let poll = try await server.connect()
            try await poll.send("GET /lp/c HTTP/1.1\r\nHost: t\r\n\r\n")
            try await server.waitForSubscribers(3)
            let published = try await server.onLoop { hub in
                var published: [Int?] = []
                func receive() {
                    try? publisher.send(Self.frame("hi"))
                    let subscribers = hub.lists.values.flatMap(\.entries).map(\.subscriber)
                    let subscriber = subscribers.first { $0.profile.key.mode == .webSocket }
                    (subscriber?.link as? SubscriberSocket)?.handle(
                        SocketEvent(token: 0, isReadable: true, isWritable: false))
                    published.append(hub.publishedMessages(of: "a"))
                }
                receive()
                // More than may wait for a loop, all for the long poll.
                let text = String(repeating: "x", count: 1 << 20)
                while !hub.context.store.isCongested { hub.publish(text, to: "c", stores: false) }
                receive()
                receive()
                return published
            }
            #expect(published == [1, 1, 1])
            try await events.wait { bytes, _ in bytes.occurrences(of: Array("\"hi\"".utf8)) == 3 }
            publisher.reset()
        }
    }
}
