import NIOCore
import PushStreamCore
import PushTestSupport
import Testing

@testable import PushStreamServer

/// A reload while connections are open: who has begun ends as he began, and what comes next meets the new configuration.
@Suite struct ReloadTests {
    private static func subscribers(_ name: String) -> String {
        "push_stream_message_template '\(name) ~text~\n'; push_stream_footer_template 'bye \(name)';"
    }

    @Test(arguments: [1, 3])
    func `subscribers of every transport stay, as they began`(loops: Int) async throws {
        try await ReloadingEngine.run({
            $0.subscriber = Self.subscribers("one")
            $0.main = "worker_processes \(loops);"
        }) { reloading in
            let server = reloading.server
            let stream = try await server.subscribe("/sub/a")
            let events = try await server.subscribe("/ev/a", started: "\r\n\r\n")
            let both = try await server.subscribe("/ev/a/b", started: "\r\n\r\n")
            let socket = try await server.subscribe("/ws/a", fields: TestEngine.webSocketFields)
            let poll = try await server.connect()
            try await poll.send("GET /lp/a HTTP/1.1\r\nHost: t\r\n\r\n")
            try await server.waitForSubscribers(5)

            try await reloading.reload {
                $0.subscriber = Self.subscribers("two")
                $0.main = "worker_processes \(loops);"
            }
            let late = try await server.subscribe("/sub/a")
            try await server.publish("hello", to: "a")
            for client in [stream, events, both, socket, poll] { try await client.wait(for: "one hello\n") }
            try await late.wait(for: "two hello\n")
            try await server.waitForSubscribers(5)

            // They also end as they began.
            _ = try await server.exchange(
                "DELETE /pub?id=a HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            for client in [stream, events] { try await client.wait(for: "bye one") }
            try await late.wait(for: "bye two")
        }
    }

    @Test func `a kept-alive connection meets locations that are added, changed and removed`() async throws {
        let location = { (text: String) in "location /x { return 200 \(text); }" }
        try await ReloadingEngine.run({ $0.server = location("first!") }) { reloading in
            let client = try await reloading.server.connect()
            _ = try await reloading.ask(client, "/x", until: "first!")
            #expect(try await reloading.ask(client, "/y", until: "</html>").hasPrefix("HTTP/1.1 404"))
            try await reloading.reload { $0.server = location("second!") + "location /y { return 200 other!; }" }
            _ = try await reloading.ask(client, "/x", until: "second!")
            _ = try await reloading.ask(client, "/y", until: "other!")
            try await reloading.reload()
            #expect(try await reloading.ask(client, "/x", until: "</html>").hasPrefix("HTTP/1.1 404"))
        }
    }

    @Test func `a request that has begun keeps what it began with`() async throws {
        try await ReloadingEngine.run({
            $0.server = "location /x { return 200 first!; }"
            $0.http = "large_client_header_buffers 2 1k;"
        }) { reloading in
            let head = try await reloading.server.connect()
            try await head.send("GET /x HTTP/1.1\r\nHo")
            let body = try await reloading.server.connect()
            try await body.send("POST /pub?id=a HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhe")
            let idle = try await reloading.server.connect()
            // An answer over another connection of the same loop: what was sent before it has been read.
            try await reloading.server.waitForSubscribers(0)
            try await reloading.server.engine.reload(
                EngineConfiguration.load(
                    contents: Array(
                        """
                        events {} http { large_client_header_buffers 2 8k;
                        server { listen 127.0.0.1:0; location / { return 200 second!; } } }
                        """.utf8), name: "nginx.conf"))
            try await head.send("st: t\r\n\r\n")
            try await head.wait(for: "first!")
            try await body.send("llo")
            #expect(try await body.wait(for: "\"subscribers\": 0}").hasPrefix("HTTP/1.1 200"))
            // The limits of its next head are the new ones, as those of a connection that had sent nothing.
            let field = "X-Long: \(String(repeating: "x", count: 3000))\r\n"
            for client in [body, idle] {
                client.clear()
                try await client.send("GET /x HTTP/1.1\r\nHost: t\r\n\(field)\r\n")
                try await client.wait(for: "second!")
            }
        }
    }

    @Test func `what a kept-alive connection had limits for holds for its next request`() async throws {
        try await ReloadingEngine.run { reloading in
            let client = try await reloading.server.connect()
            _ = try await reloading.ask(client, "/stats", until: "uptime")
            try await reloading.reload { $0.http = "keepalive_requests 2;" }
            _ = try await reloading.ask(client, "/stats", until: "uptime")
            #expect(try await client.waitForClose().contains("Connection: close\r\n"))
        }
    }

    @Test func `worker_connections and ping texts change`() async throws {
        try await ReloadingEngine.run({
            $0.events = "worker_connections 1;"
        }) { reloading in
            let server = reloading.server
            let first = try await server.connect()
            _ = try await reloading.ask(first, "/stats", until: "uptime")
            #expect(try await server.connect().waitForClose() == "")
            try await reloading.reload {
                $0.events = "worker_connections 10;"
                $0.subscriber = "push_stream_ping_message_interval 1s; push_stream_message_template '[~text~]';"
                $0.http = "push_stream_ping_message_text first;"
            }
            let old = try await server.subscribe("/sub/a")
            try await old.wait(for: "[first]")
            try await reloading.reload {
                $0.events = "worker_connections 10;"
                $0.subscriber = "push_stream_ping_message_interval 1s; push_stream_message_template '[~text~]';"
                $0.http = "push_stream_ping_message_text second;"
            }
            let new = try await server.subscribe("/sub/a")
            try await new.wait(for: "[second]")
            old.clear()
            try await old.wait(for: "[first]")
        }
    }

    @Test func `limits of the store change and nothing stored is lost`() async throws {
        try await ReloadingEngine.run { reloading in
            let server = reloading.server
            for index in 1...3 { try await server.publish("m\(index)", to: "a") }
            try await reloading.reload {
                $0.http = """
                    push_stream_max_number_of_channels 1; push_stream_max_messages_stored_per_channel 2;
                    push_stream_wildcard_channel_prefix w_; push_stream_events_channel_id events;
                    push_stream_channel_deleted_message_text gone;
                    """
                $0.memory = "128k"
                $0.subscriber = "push_stream_allow_connections_to_events_channel on;"
            }
            #expect(try await server.publish("x", to: "b").contains("Number of channels were exceeded."))
            #expect(try await server.publish("x", to: "w_b").hasPrefix("HTTP/1.1 200"))
            let events = try await server.subscribe("/sub/events")
            let reader = try await server.subscribe("/sub/a.b10", started: "m3")
            #expect(reader.text.contains("m1"))
            #expect(try await server.publish("m4", to: "a").contains("\"stored_messages\": 2,"))
            try await events.wait(for: "\"client_subscribed\", \"channel\": \"a\"")
            // 128 KB, of which one message may not take the rest.
            let large = String(repeating: "x", count: 100_000)
            #expect(try await server.publish(large, to: "a").hasPrefix("HTTP/1.1 200"))
            #expect(try await server.publish(large, to: "a").hasPrefix("HTTP/1.1 500"))
            try await reloading.reload { $0.memory = "1m" }
            #expect(try await server.publish(large, to: "a").hasPrefix("HTTP/1.1 200"))
            // Events are off again, and the channel that had them is one like any other.
            #expect(try await server.publish("by hand", to: "events").hasPrefix("HTTP/1.1 200"))
            try await events.wait(for: "by hand")
        }
    }

    @Test func `fifty reloads leave no more profiles than one`() async throws {
        try await ReloadingEngine.run({ $0.main = "worker_processes 2;" }) { reloading in
            let server = reloading.server
            let stays = try await server.subscribe("/sub/a")
            try await server.waitForSubscribers(1)
            for round in 0..<50 {
                try await reloading.reload {
                    $0.main = "worker_processes 2;"
                    $0.subscriber = "push_stream_message_template '\(round) ~text~\n';"
                }
                let clients = [
                    try await server.subscribe("/sub/a"), try await server.subscribe("/ev/a"),
                    try await server.subscribe("/ws/a", fields: TestEngine.webSocketFields),
                ]
                try await server.waitForSubscribers(4)
                try await server.publish("round", to: "a")
                for client in clients { try await client.wait(for: "\(round) round\n") }
                for client in clients { await client.close() }
                try await stays.wait(for: "round")
                stays.clear()
                try await server.waitForSubscribers(1)
            }
            for (count, limit) in try await server.engine.onLoops({ ($0.profiles.count, $0.profiles.indexLimit) }) {
                // Of each transport one; those of the last round and the one that is in use are left.
                #expect(count <= 4)
                #expect(limit <= 8)
            }
        }
    }

    @Test func `a reload that meets the end of the engine ends with it`() async throws {
        for round in 0..<50 {
            // Not from the system's own range, where another test could be given it next.
            let port = try freePort()
            let configuration = try ReloadingEngine.configuration {
                $0.main = "worker_processes 2;"
                $0.listens = ["127.0.0.1:\(port)"]
            }
            let engine = PushStreamEngine(configuration: configuration, log: try .discarding())
            try await engine.start()
            async let reload: Void = {
                // Whether it is done, too late or in the middle: it must not hang, nor leave anything open.
                _ = try? await engine.reload(
                    ReloadingEngine.configuration { $0.listens = ["127.0.0.1:0", "127.0.0.2:0", "127.0.0.3:0", "127.0.0.4:0"] })
            }()
            for _ in 0..<(round % 10) { await Task.yield() }
            await engine.shutdown(gracePeriod: .zero)
            await reload
            await #expect(throws: (any Error).self) { try await RawClient(port: port) }
        }
    }

    @Test func `a reload is refused while another runs, and when nothing runs`() async throws {
        try await ReloadingEngine.run { reloading in
            let engine = reloading.server.engine
            let outcomes = await withTaskGroup(of: String.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        do {
                            try await engine.reload(
                                ReloadingEngine.configuration { $0.listens = ["127.0.0.1:0", "127.0.0.2:0"] })
                            return "done"
                        } catch { return "\(error)" }
                    }
                }
                return await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(outcomes.contains("done"))
            #expect(outcomes.isSubset(of: ["done", "another configuration is being applied"]))
            await engine.shutdown(gracePeriod: .zero)
            await #expect(throws: EngineError.self) { try await engine.reload(ReloadingEngine.configuration()) }
        }
    }
}
