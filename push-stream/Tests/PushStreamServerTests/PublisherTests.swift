import PushStreamCore
import Testing

@testable import PushStreamServer

@Suite struct PublisherTests {
    @Test func statisticsHaveTheModulesForms() async throws {
        try await TestEngine.run({
            $0.loops = 2; $0.store.wildcardPrefix = "broad_"
        }) { server in
            for (channel, count) in [("a", 2), ("ab", 1), ("broad_x", 1)] {
                for index in 0..<count { try await server.publish("m\(index)", to: channel) }
            }
            let client = try await server.subscribe("/ev/a", started: ": \n")
            let summary = try await server.get("/stats", fields: "X-PushService-Agent: agent-1\r\n")
            #expect(summary.contains("Content-Type: application/json\r\n"))
            #expect(
                summary.contains("\"channels\": 2, \"wildcard_channels\": 1, \"published_messages\": 4, \"stored_messages\": 4, ")
            )
            #expect(
                summary.contains(
                    "\"messages_in_trash\": 0, \"channels_in_delete\": 0, \"channels_in_trash\": 0, \"subscribers\": 1, "))
            #expect(summary.components(between: "{\"pid\": \"", and: "\"").count == 2)
            #expect(TransportTests.field("X-PushService-Instance", summary)?.count == 32)
            #expect(TransportTests.field("X-Nginx-PushStream-Tag", summary) == "0.6.0")

            let all = try await server.get("/stats?id=ALL")
            #expect(
                all.contains(
                    "\"infos\": [\r\n{\"channel\": \"a\", \"published_messages\": 2, \"stored_messages\": 2, \"subscribers\": 1},\r\n"
                ))
            #expect(all.components(between: "{\"channel\": \"", and: "\"") == ["a", "ab", "broad_x"])
            #expect(try await server.get("/stats?id=a*").components(between: "{\"channel\": \"", and: "\"") == ["a", "ab"])
            #expect(
                try await server.get("/stats?id=ab/broad_x").components(between: "{\"channel\": \"", and: "\"") == [
                    "ab", "broad_x",
                ])
            #expect(
                try await server.get("/stats?id=ab").hasSuffix(
                    "\r\n\r\n{\"channel\": \"ab\", \"published_messages\": 1, \"stored_messages\": 1, \"subscribers\": 0}\r\n"))
            #expect(try await server.get("/stats?id=none").hasPrefix("HTTP/1.1 404"))
            #expect(try await server.get("/stats?id=a", fields: "Accept: text/plain\r\n").contains("active_subscribers: 1\r\n"))
            let metrics = try await server.get("/metrics")
            #expect(metrics.contains("push_stream_subscribers{mode=\"eventsource\"} 1\n"))
            #expect(metrics.contains("push_stream_published_messages_total 4\n"))
            await client.close()
        }
    }

    @Test func ensuringAChannelMakesItWithoutAMessage() async throws {
        try await TestEngine.run { server in
            let client = try await server.subscribe("/ev/p", started: ": \n")
            let answer = try await server.publish("ping", to: "p/q", fields: "X-PushService-Ensure-Channel: 1\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(
                answer.contains("{\"channel\": \"q\", \"published_messages\": 0, \"stored_messages\": 0, \"subscribers\": 0}"))
            try await server.publish("real", to: "p")
            try await client.wait(for: "real")
            #expect(TransportTests.texts(client.text) == ["real"])
            #expect(client.text.contains("{\"id\":1,"))
        }
    }

    @Test func refusalsHaveTheModulesStatusAndReason() async throws {
        try await TestEngine.run({
            $0.store.maxChannelIDLength = 10
            $0.store.maxChannels = 2
            $0.store.maxSubscribersPerChannel = 1
            $0.store.wildcardPrefix = "broad_"
        }) { server in
            func check(_ answer: String, _ status: Int, _ reason: String) {
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
                #expect(TransportTests.field("X-Nginx-PushStream-Explain", answer) == reason, "\(answer)")
                #expect(answer.contains("Content-Length: 0\r\n"))
            }
            check(try await server.publish("x", to: ""), 400, "No channel id provided.")
            check(try await server.publish("x", to: "ALL"), 403, "Channel id not authorized for this method.")
            check(try await server.publish("x", to: "a*"), 403, "Channel id not authorized for this method.")
            check(try await server.publish("x", to: "12345678901"), 400, "Channel id is too large.")
            check(try await server.publish("", to: "a"), 400, "Empty post requests are not allowed.")
            check(try await server.publish("x", to: "%00a"), 400, "Channel id is not valid.")
            check(try await server.publish("x", to: "%ff"), 400, "Channel id is not valid.")
            try await server.publish("x", to: "a/b")
            check(try await server.publish("x", to: "c"), 403, "Number of channels were exceeded.")
            check(try await server.get("/ev/broad_1"), 403, "Subscribed too much wildcard channels.")
            let first = try await server.subscribe("/ev/a", started: ": \n")
            check(try await server.get("/ev/a"), 403, "Subscribers limit per channel has been exceeded.")
            let socket = try await server.subscribe("/ws/a", fields: TestEngine.webSocketFields)
            #expect(try await socket.waitForClose().contains("{\"http_status\": 403, \"explain\":\"Subscribers limit"))
            await first.close()
        }
        try await TestEngine.run({ $0.authorizedOnly = true }) { server in
            let answer = try await server.get("/ev/a")
            #expect(TransportTests.field("X-Nginx-PushStream-Explain", answer) == "Subscriber could not create channels.")
        }
    }

    @Test func aFullStoreRefusesAndDoesNotGrow() async throws {
        try await TestEngine.run({
            $0.store.memoryLimit = 64 * 1024
            $0.store.maxMessagesPerChannel = nil
        }) { server in
            let text = String(repeating: "x", count: 8000)
            var statuses: [Bool] = []
            for _ in 0..<20 { statuses.append(try await server.publish(text, to: "a").hasPrefix("HTTP/1.1 200")) }
            #expect(statuses.first == true)
            #expect(statuses.last == false)
            #expect(try await server.publish(text, to: "a").contains("<title>500 Internal Server Error</title>"))
            let metrics = try await server.get("/metrics")
            let used = try #require(
                metrics.components(between: "\npush_stream_store_bytes ", and: "\n").first.flatMap { Int($0) })
            #expect(used <= 64 * 1024)
        }
    }

    @Test func methodsAreChecked() async throws {
        try await TestEngine.run { server in
            func answer(_ method: String, _ target: String) async throws -> String {
                try await server.exchange("\(method) \(target) HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            }
            for (method, target, allow) in [
                ("PATCH", "/pub?id=a", "GET, POST, PUT, DELETE"), ("DELETE", "/normal?id=a", "GET, POST, PUT"),
                ("POST", "/ev/a", "GET"), ("HEAD", "/sub/a", "GET"), ("BREW", "/ws/a", "GET"), ("PUT", "/stats", "GET"),
                ("POST", "/lp/a", "GET"), ("POST", "/poll/a", "GET"), ("POST", "/metrics", "GET, HEAD"),
            ] {
                let text = try await answer(method, target)
                #expect(text.hasPrefix("HTTP/1.1 405 Not Allowed\r\n"), "\(method) \(target)")
                #expect(TransportTests.field("Allow", text) == allow)
            }
            let options = try await answer("OPTIONS", "/pub?id=a")
            #expect(options.hasPrefix("HTTP/1.1 200"))
            #expect(TransportTests.field("Access-Control-Allow-Methods", options) == "GET, POST, PUT, DELETE")
            let preflight = try await answer("OPTIONS", "/ev/a")
            #expect(TransportTests.field("Access-Control-Allow-Origin", preflight) == "*")
            #expect(try await answer("GET", "/nowhere").contains("<hr><center>push-stream</center>"))
        }
        try await TestEngine.run({ $0.deniesPublishers = true }) { server in
            let answer = try await server.publish("x", to: "a")
            #expect(answer.hasPrefix("HTTP/1.1 403 Forbidden"))
            let summary = try await server.get("/stats")
            #expect(summary.contains("\"published_messages\": 0"))
        }
    }

    @Test func aWebSocketClientMayPublishWhereItIsAllowed() async throws {
        try await TestEngine.run({ $0.websocketPublishes = true }) { server in
            let events = try await server.subscribe("/ev/a", started: ": \n")
            let socket = try await server.subscribe("/ws/a", fields: TestEngine.webSocketFields)
            // "Hello" masked, in two fragments with a ping between them.
            let mask: [UInt8] = [1, 2, 3, 4]
            func frame(_ first: UInt8, _ payload: String) -> [UInt8] {
                [first, 0x80 | UInt8(payload.utf8.count)] + mask + payload.utf8.enumerated().map { $1 ^ mask[$0 & 3] }
            }
            for byte in frame(0x01, "Hel") + frame(0x89, "hi") + frame(0x80, "lo") { try await socket.send([byte]) }
            try await events.wait(for: "\"text\":\"Hello\"")
            try await socket.wait { bytes, _ in bytes.contains([0x8A, 2] + Array("hi".utf8)) }
            try await socket.wait(for: "\"text\":\"Hello\"")
            try await socket.send(frame(0x88, ""))
            try await socket.waitForClose()
            #expect(socket.bytes.suffix(2) == [0x88, 0])
        }
    }
}
