import NIOCore
import PushStreamCore
import PushTestSupport
import Testing

@testable import PushStreamServer

/// A client that is gone may be noticed by a write first, before the system has told the loop of it. Each test lets it go while the loop
/// stands still.
@Suite struct BrokenConnectionTests {
    private static let request = "GET /ev/a HTTP/1.1\r\nHost: t\r\n\r\n"

    @Test func oneBeforeASlowSubscriberOfTheSameChannel() async throws {
        try await TestEngine.run({
            $0.store.maxMessagesPerChannel = nil; $0.queueSize = 64 << 20
        }) { server in
            try await server.fill("a", count: 400)
            let gone = try PlainSocket(port: server.port)
            try gone.send(Self.request)
            try await server.waitForSubscribers(1)
            // It gets more than its socket takes, so its messages have to queue.
            let slow = try await server.connect(reads: false)
            try await slow.send(Self.request.replacing("/a ", with: "/a.b400 "))
            try await server.waitForSubscribers(2)
            let descriptors = try await server.onLoop { hub in
                let descriptors = hub.lists.values.flatMap(\.entries).map(\.descriptor)
                gone.reset()
                hub.publish("last", to: "a")
                hub.deliver()
                return descriptors
            }
            #expect(descriptors?.count == 2 && descriptors?[0] != -1 && descriptors?[1] == -1)
            try await server.waitForSubscribers(1)
            try await slow.startReading()
            try await slow.wait(.seconds(180)) { bytes, _ in Array(bytes.suffix(300)).contains(Array("\"last\"".utf8)) }
            let metrics = try await server.get("/metrics")
            #expect(metrics.contains("push_stream_subscribers_disconnected_total{reason=\"client_closed\"} 1\n"))
        }
    }

    @Test func oneBeforeAnEncryptedSubscriberOfTheSameChannel() async throws {
        let certificate = try await TestCertificate()
        let trust = try TLSEngine.trust(certificate)
        let servers =
            "server { listen 127.0.0.1:0 ssl; \(TLSEngine.pair(certificate)) %LOCATIONS% } server { listen 127.0.0.2:0; %LOCATIONS% }"
        try await TLSEngine.run(servers) { server in
            let gone = try PlainSocket(host: "127.0.0.2", port: server.ports[1])
            try gone.send(Self.request)
            try await server.wait(forMetric: #"push_stream_subscribers{mode="eventsource"} 1"#, trust)
            let encrypted = try await server.subscribe("/ev/a", trust)
            try await server.wait(forMetric: #"push_stream_subscribers{mode="eventsource"} 2"#, trust)
            _ = try await server.engine.onLoops { hub in
                gone.reset()
                hub.publish("last", to: "a")
                hub.deliver()
            }
            try await encrypted.wait(for: "<last>")
            try await server.wait(forMetric: #"push_stream_subscribers{mode="eventsource"} 1"#, trust)
        }
    }

    @Test func onePingedBeforeItsEndIsKnown() async throws {
        try await TestEngine.run({ $0.pingInterval = 60_000 }) { server in
            let gone = try PlainSocket(port: server.port)
            try gone.send(Self.request)
            try await server.waitForSubscribers(1)
            let left = try await server.onLoop { hub in
                gone.reset()
                hub.advance(by: 61_000)
                return hub.lists.count
            }
            #expect(left == 0)
            let metrics = try await server.get("/metrics")
            #expect(metrics.contains("push_stream_pings_total 1\n"))
        }
    }

    /// Subscribers of several kinds share a channel, and each kind is written to on its own.
    @Test func everyKindGetsItsMessagesWhoeverHasGone() async throws {
        try await TestEngine.run { server in
            let targets = [("/ev/a", ""), ("/sub/a", ""), ("/ws/a", TestEngine.webSocketFields), ("/ev/a/b", "")]
            for first in targets.indices {
                var clients: [RawClient] = []
                for (target, fields) in targets + targets { clients.append(try await server.subscribe(target, fields: fields)) }
                try await server.waitForSubscribers(8)
                // From another kind on each time, until none is left.
                let order = (0..<8).map { (first + $0) % 8 }
                for (count, index) in order.enumerated() {
                    let text = "\(first)-\(count)"
                    try await server.publish(text, to: "a")
                    for other in order[count...] { try await clients[other].wait(for: text) }
                    try await clients[index].reset()
                    try await server.waitForSubscribers(7 - count)
                }
            }
        }
    }
}
