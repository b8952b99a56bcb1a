import NIOCore
import PushStreamCore
import Testing

@testable import PushStreamServer

/// Subscribers whose socket has left NIO behave as any connection.
@Suite struct SubscriberSocketTests {
    @Test func aClientThatGoesIsNoticedWithoutAMessage() async throws {
        try await TestEngine.run { server in
            let events = try await server.subscribe("/ev/a", started: ": \n")
            let stream = try await server.subscribe("/sub/a")
            let socket = try await server.subscribe("/ws/a", fields: TestEngine.webSocketFields)
            let both = try await server.subscribe("/ev/a/b", started: ": \n")
            try await server.waitForSubscribers(4)
            await events.close()
            try await server.waitForSubscribers(3)
            try await stream.reset()
            try await server.waitForSubscribers(2)
            try await socket.reset()
            await both.close()
            try await server.waitForSubscribers(0)
            let metrics = try await server.get("/metrics")
            #expect(metrics.contains("push_stream_subscribers_disconnected_total{reason=\"client_closed\"} 4\n"))
        }
    }

    @Test func manyComeAndGoAndPlacesAreUsedAgain() async throws {
        try await TestEngine.run { server in
            for round in 0..<20 {
                var clients: [RawClient] = []
                for _ in 0..<20 { clients.append(try await server.subscribe("/ev/a", started: ": \n")) }
                // Half of them go in the middle of a publish.
                async let answer = server.publish("round \(round)", to: "a")
                for client in clients.prefix(10) { try await client.reset() }
                _ = try await answer
                for client in clients.dropFirst(10) {
                    try await client.wait(for: "\"round \(round)\"")
                    await client.close()
                }
                try await server.waitForSubscribers(0)
            }
        }
    }

    @Test func aRequestSentAheadIsAnsweredWhenTheStreamEnds() async throws {
        try await TestEngine.run({ $0.connectionTTL = 300 }) { server in
            let client = try await server.connect()
            try await client.send(
                "GET /sub/a HTTP/1.1\r\nHost: t\r\n\r\nGET /healthz HTTP/1.1\r\nHost: t\r\n\r\n")
            try await client.wait(for: "HTTP/1.1 200 OK")
            try await client.send(
                "GET /ev/b HTTP/1.1\r\nHost: t\r\n\r\nGET /healthz HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            let text = try await client.waitForClose()
            #expect(text.occurrences(of: "HTTP/1.1 200 OK") == 4)
            #expect(text.hasSuffix("\r\n\r\nok"))
        }
    }

    @Test func tooMuchSentAheadEndsTheStream() async throws {
        try await TestEngine.run { server in
            let client = try await server.subscribe("/ev/a", started: ": \n")
            try? await client.send(String(repeating: "x", count: ConnectionHandler.pendingLimit + 1))
            try await client.waitForClose()
            try await server.waitForSubscribers(0)
        }
    }

    /// What a client is slow to read waits in order, and comes when it reads on; what comes meanwhile queues behind it.
    @Test func aClientThatReadsOnGetsEverythingInOrder() async throws {
        try await TestEngine.run({
            $0.queueSize = 32 << 20; $0.store.maxMessagesPerChannel = 1
        }) { server in
            let one = try await server.connect(reads: false)
            try await one.send("GET /ev/a HTTP/1.1\r\nHost: t\r\n\r\n")
            let several = try await server.connect(reads: false)
            try await several.send("GET /ev/a/b HTTP/1.1\r\nHost: t\r\n\r\n")
            try await server.waitForSubscribers(2)
            let publisher = try await server.connect()
            let text = String(repeating: "x", count: 30_000)
            // More than the kernel's buffers of both ends hold.
            let count = 400
            for index in 1...count {
                publisher.clear()
                try await publisher.send(
                    "POST /pub?id=\(index % 2 == 0 ? "a" : "a/b") HTTP/1.1\r\nHost: t\r\n"
                        + "Content-Length: \(text.utf8.count)\r\n\r\n\(text)")
                try await publisher.wait(for: "\"subscribers\": ")
            }
            try await one.startReading()
            try await several.startReading()
            try await server.publish("last", to: "a")
            let isComplete: @Sendable ([UInt8], Bool) -> Bool = { bytes, _ in
                Array(bytes.suffix(300)).contains(Array("\"last\"".utf8))
            }
            try await one.wait(.seconds(180), until: isComplete)
            #expect(Self.ids(one.bytes, textLength: text.utf8.count) == Array(1...(count + 1)))
            try await several.wait(.seconds(180), until: isComplete)
            let ids = Self.ids(several.bytes, textLength: text.utf8.count)
            #expect(ids.count == count + 1 + count / 2)
            // Those of the other channel come between.
            #expect(ids.filter { $0 > count / 2 }.suffix(count / 2 + 1) == Array((count / 2 + 1)...(count + 1))[...])
            try await server.waitForSubscribers(2)
        }
    }

    @Test func aHistoryLargerThanTheSocketTakesArrivesWhole() async throws {
        try await TestEngine.run({ $0.store.maxMessagesPerChannel = nil }) { server in
            let text = String(repeating: "x", count: 30_000)
            let count = 400
            for _ in 1...count { try await server.publish(text, to: "a") }
            let client = try await server.connect(reads: false)
            try await client.send("GET /ev/a.b\(count) HTTP/1.1\r\nHost: t\r\n\r\n")
            try await server.waitForSubscribers(1)
            try await client.startReading()
            let size = count * text.utf8.count
            try await client.wait(.seconds(180)) { bytes, _ in
                bytes.count > size && bytes.suffix(6).elementsEqual("\"}\n\n\r\n".utf8)
            }
            #expect(Self.ids(client.bytes, textLength: text.utf8.count) == Array(1...count))
            try await server.publish("last", to: "a")
            try await client.wait(.seconds(180)) { bytes, _ in Array(bytes.suffix(300)).contains(Array("\"last\"".utf8)) }
        }
    }

    /// The message ids in the order in which they came. A text in each message is stepped over.
    private static func ids(_ bytes: [UInt8], textLength: Int) -> [Int] {
        let needle = Array("{\"id\":".utf8)
        var ids: [Int] = []
        var position = 0
        while position + needle.count < bytes.count {
            guard bytes[position..<(position + needle.count)].elementsEqual(needle) else {
                position += 1
                continue
            }
            let digits = bytes[(position + needle.count)...].prefix { $0 != UInt8(ascii: ",") }
            ids.append(Int(String(decoding: digits, as: UTF8.self)) ?? -1)
            position += textLength
        }
        return ids
    }
}

extension String {
    fileprivate func occurrences(of needle: String) -> Int { Array(utf8).occurrences(of: Array(needle.utf8)) }
}
