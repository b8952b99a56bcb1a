import PushStreamCore
import PushTestSupport
import Testing

@testable import PushStreamServer

@Suite struct LifetimeTests {
    @Test func idleSubscribersArePinged() async throws {
        try await TestEngine.run({
            $0.pingInterval = 200; $0.store.pingText = "p"
        }) { server in
            let events = try await server.subscribe("/ev/a", started: ": \n")
            try await events.wait(for: "5\r\n: -1\n\r\n")
            let stream = try await server.subscribe("/sub/a")
            #expect(try await stream.wait(for: "\"text\":\"p\"").contains("{\"id\":-1,\"channel\":\"\""))
            let socket = try await server.subscribe("/ws/a", fields: TestEngine.webSocketFields)
            try await socket.wait { bytes, _ in bytes.contains([0x89, 0x00]) }
        }
    }

    @Test func subscribersAreRecycledAfterTheirTime() async throws {
        try await TestEngine.run({
            $0.connectionTTL = 300; $0.footer = "bye"; $0.header = "hi"
        }) { server in
            let stream = try await server.subscribe("/sub/a", started: "2\r\nhi\r\n")
            try await stream.wait(for: "3\r\nbye\r\n0\r\n\r\n")
            // The connection serves the next request.
            stream.clear()
            try await stream.send("GET /healthz HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            #expect(try await stream.waitForClose().hasSuffix("\r\n\r\nok"))
            let events = try await server.subscribe("/ev/a", started: ": hi\n")
            try await events.wait(for: ": bye\n\r\n0\r\n\r\n")
            let socket = try await server.subscribe("/ws/a", fields: TestEngine.webSocketFields)
            try await socket.waitForClose()
            #expect(socket.bytes.suffix(7).elementsEqual([0x81, 3] + Array("bye".utf8) + [0x88, 0]))
            try await server.waitForSubscribers(0)
        }
    }

    @Test func aLongPollWithoutMessagesEndsWith304() async throws {
        try await TestEngine.run({ $0.longPollingTTL = 300 }) { server in
            let answer = try await server.get("/lp/a")
            #expect(answer.hasPrefix("HTTP/1.1 304 Not Modified\r\n"))
            #expect(answer.contains("Etag: W/0\r\n"))
        }
        try await TestEngine.run({
            $0.longPollingTTL = 300; $0.store.timeoutWithBody = true
        }) { server in
            let answer = try await server.get("/lp/a")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.contains("{\"id\":-3,\"channel\":\"\",\"text\":\"Timed out\""))
        }
    }

    @Test func deletingAChannelTellsItsSubscribers() async throws {
        try await TestEngine.run { server in
            let events = try await server.subscribe("/ev/a", started: ": \n")
            let both = try await server.subscribe("/ev/a/b", started: ": \n")
            let poll = try await server.connect()
            try await poll.send("GET /lp/a HTTP/1.1\r\nHost: t\r\n\r\n")
            try await server.waitForSubscribers(3)
            let answer = try await server.exchange("DELETE /pub?id=a HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            #expect(answer.contains("X-Nginx-PushStream-Explain: Channel deleted.\r\n"))
            try await events.wait(for: "0\r\n\r\n")
            #expect(events.text.contains("{\"id\":-2,\"channel\":\"a\",\"text\":\"Channel deleted\""))
            try await poll.wait(for: "Channel deleted")
            try await both.wait(for: "Channel deleted")
            try await server.publish("still here", to: "b")
            try await both.wait(for: "still here")
            #expect(try await server.get("/pub?id=a").hasPrefix("HTTP/1.1 404"))
            try await server.waitForSubscribers(1)
        }
    }

    @Test func shutdownEndsEveryTransportInItsManner() async throws {
        try await TestEngine.run({ $0.footer = "bye" }) { server in
            let stream = try await server.subscribe("/sub/a")
            let socket = try await server.subscribe("/ws/a", fields: TestEngine.webSocketFields)
            let poll = try await server.connect()
            try await poll.send("GET /lp/a HTTP/1.1\r\nHost: t\r\n\r\n")
            try await server.waitForSubscribers(3)
            #expect(try await server.get("/readyz").hasPrefix("HTTP/1.1 200"))
            await server.engine.shutdown(gracePeriod: .seconds(8))
            #expect(try await stream.waitForClose().hasSuffix("3\r\nbye\r\n0\r\n\r\n"))
            try await socket.waitForClose()
            #expect(socket.bytes.suffix(2) == [0x88, 0])
            #expect(try await poll.waitForClose().contains("304 Not Modified"))
            #expect(!server.engine.isReady)
        }
    }

    /// Subscribers leave over the whole period, and would miss what is published meanwhile: nobody can reach this server a second time.
    @Test(arguments: [1, 3])
    func whoStaysToTheLastGetsWhatIsPublishedMeanwhile(loops: Int) async throws {
        try await TestEngine.run({ $0.loops = loops }) { server in
            let publisher = try await server.connect()
            func publish(_ text: String) async throws {
                publisher.clear()
                try await publisher.send(
                    "POST /pub?id=a HTTP/1.1\r\nHost: t\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)")
                try await publisher.wait(for: "\"published_messages\": ")
            }
            try await publish("before")
            let idle = try await server.connect()
            try await idle.send("GET /stats HTTP/1.1\r\nHost: t\r\n\r\n")
            try await idle.wait(for: "\"channels\": ")
            var subscribers: [RawClient] = []
            for _ in 0..<20 { subscribers.append(try await server.subscribe("/ev/a", started: ": \n")) }
            let last = subscribers
            let end = Task { await server.engine.shutdown(gracePeriod: .seconds(600)) }
            // It has nothing to do for anybody.
            try await idle.waitForClose()
            // The first subscriber goes at once, the others over ten minutes.
            for number in 1...5 {
                try await publish("meanwhile \(number)")
                try await eventually("somebody gets it") { last.contains { $0.text.contains("meanwhile \(number)\"") } }
            }
            for subscriber in last { await subscriber.close() }
            // Without subscribers the publisher goes too, and that was the last.
            try await publisher.waitForClose()
            await end.value
        }
    }

    @Test func aTakenPortIsAnErrorThatNamesIt() async throws {
        try await TestEngine.run { server in
            var configuration = try TestEngine.configuration(TestEngine.Options())
            configuration.servers[0].listens[0].kind = .ip(host: "127.0.0.1", port: server.port)
            let second = PushStreamEngine(configuration: configuration, log: try .discarding())
            await #expect(throws: EngineError.self) { try await second.start() }
            do {
                try await second.start()
            } catch {
                #expect("\(error)" == "bind() to 127.0.0.1:\(server.port) failed (98: Address already in use)")
            }
        }
    }
}
