import PushStreamCore
import PushTestSupport
import Testing

@testable import PushStreamServer

@Suite struct HostileClientTests {
    @Test func brokenRequestsGetA4xxAndPublishNothing() async throws {
        try await TestEngine.run({ $0.store.maxChannelIDLength = 200 }) { server in
            let large = String(repeating: "x", count: 64 * 1024)
            let manyFields = (0..<10_000).map { "X-\($0): y\r\n" }.joined()
            let requests: [(String, String)] = [
                ("\u{16}\u{3}\u{1}\r\n\r\n", "400 Bad Request"),
                ("GET\r\n\r\n", "400 Bad Request"),
                ("get / HTTP/1.1\r\nHost: t\r\n\r\n", "400 Bad Request"),
                ("GET / HTTP/1.1\r\n\r\n", "400 Bad Request"),
                ("GET / HTTP/1.1\r\nHost: t\r\nHost: u\r\n\r\n", "400 Bad Request"),
                ("GET / HTTP/2.0\r\nHost: t\r\n\r\n", "505 HTTP Version Not Supported"),
                ("GET /ev/%zz HTTP/1.1\r\nHost: t\r\n\r\n", "400 Bad Request"),
                ("GET /ev/%00 HTTP/1.1\r\nHost: t\r\n\r\n", "400 Bad Request"),
                ("GET /ev/%ff HTTP/1.1\r\nHost: t\r\n\r\n", "400 Bad Request"),
                ("GET /../x HTTP/1.1\r\nHost: t\r\n\r\n", "400 Bad Request"),
                ("GET / HTTP/1.1\r\nHost: t\r\nA b: c\r\n\r\n", "400 Bad Request"),
                ("GET / HTTP/1.1\r\nHost: t\r\n folded\r\n\r\n", "400 Bad Request"),
                ("GET / HTTP/1.1\r\nHost: t\r\nX: a\u{0}b\r\n\r\n", "400 Bad Request"),
                ("GET /\(large) HTTP/1.1\r\nHost: t\r\n\r\n", "414 Request-URI Too Large"),
                ("GET / HTTP/1.1\r\nHost: t\r\nX: \(large)\r\n\r\n", "400 Bad Request"),
                ("GET / HTTP/1.1\r\nHost: t\r\n\(manyFields)\r\n", "400 Bad Request"),
                ("POST /pub?id=a HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n", "400 Bad Request"),
                ("POST /pub?id=a HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999999999999\r\n\r\n", "400 Bad Request"),
                ("POST /pub?id=a HTTP/1.1\r\nHost: t\r\nContent-Length: 40000\r\n\r\n", "413 Request Entity Too Large"),
                (
                    "POST /pub?id=a HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
                    "400 Bad Request"
                ),
                ("POST /pub?id=a HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip\r\n\r\n", "501 Not Implemented"),
                ("POST /pub?id=a HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400 Bad Request"),
                (
                    "POST /pub?id=a HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n",
                    "413 Request Entity Too Large"
                ),
            ]
            for (request, status) in requests {
                let client = try await server.connect()
                // A server that has refused may close while the rest is on its way.
                try? await client.send(request)
                let answer = try await client.wait(for: "</html>")
                #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n"), "\(request.prefix(80))")
                await client.close()
            }
            let tooLarge = try await server.connect()
            try? await tooLarge.send("GET / HTTP/1.1\r\nHost: t\r\nX: \(large)\r\n\r\n")
            try await tooLarge.wait(for: "Request Header Or Cookie Too Large")
            let summary = try await server.get("/stats")
            #expect(summary.contains("\"channels\": 0, \"wildcard_channels\": 0, \"published_messages\": 0,"))
        }
    }

    @Test func pipelinedAndSplitRequestsAreAnsweredInOrder() async throws {
        try await TestEngine.run { server in
            let client = try await server.connect()
            var requests = ""
            for index in 1...200 {
                requests += "POST /pub?id=a HTTP/1.1\r\nHost: t\r\nEvent-Id: \(index)-0\r\nContent-Length: 3\r\n\r\nabc"
            }
            requests +=
                "POST /pub?id=a HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: u\r\n\r\n"
            try await client.send(requests)
            let text = try await client.wait(for: "\"published_messages\": 201,")
            let counters = text.components(between: "\"published_messages\": ", and: ",")
            #expect(counters == (1...201).map(String.init))
            let split = try await server.connect()
            for byte in "POST /pub?id=b HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nhi".utf8 { try await split.send([byte]) }
            try await split.wait(for: "\"channel\": \"b\", \"published_messages\": 1,")
            let events = try await server.get("/poll/a.b1")
            #expect(TransportTests.texts(events) == ["abcde"])
        }
    }

    @Test func slowAndHalfOpenClientsAreDropped() async throws {
        try await TestEngine.run({
            $0.headerTimeout = 300; $0.bodyTimeout = 300
        }) { server in
            let silent = try await server.connect()
            let slow = try await server.connect()
            // On a busy machine their time may be over before they say anything.
            try? await slow.send("GET / HTTP/1.1\r\nHos")
            let body = try await server.connect()
            try? await body.send("POST /pub?id=a HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nab")
            for client in [silent, slow, body] { try await client.waitForClose() }
            // The question has no more time than they had: on a busy machine it is asked again.
            var summary = ""
            for _ in 0..<50 where summary.isEmpty { summary = (try? await server.get("/stats")) ?? "" }
            #expect(summary.contains("\"published_messages\": 0"))
        }
    }

    @Test func webSocketClientsThatBreakTheProtocolAreClosed() async throws {
        try await TestEngine.run { server in
            let cases: [([UInt8], [UInt8])] = [
                // Announces 2^63 bytes.
                ([0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], [0x88, 2, 0x03, 0xF1]),
                ([0x82, 0x80, 1, 2, 3, 4], [0x88, 0]),
                ([0xC1, 0x80, 1, 2, 3, 4], [0x88, 0]),
                ([0x80, 0x80, 1, 2, 3, 4], [0x88, 0]),
                ([0x89, 0xFE, 0, 126], [0x88, 0]),
                ([0x81, 0x81, 0, 0, 0, 0, 0xFF], [0x88, 2, 0x03, 0xEF]),
            ]
            for (sent, expected) in cases {
                let socket = try await server.subscribe("/ws/a", fields: TestEngine.webSocketFields)
                try await socket.send(sent)
                try await socket.waitForClose()
                #expect(socket.bytes.suffix(expected.count) == expected[...])
            }
            try await server.waitForSubscribers(0)
            let refused = try await server.get("/ws/a")
            #expect(refused.contains("X-Nginx-PushStream-Explain: Don't have at least one of the mandatory headers"))
            let version = try await server.get(
                "/ws/a",
                fields: TestEngine.webSocketFields.replacing("Version: 13", with: "Version: 7").replacing(
                    "Connection: Upgrade\r\n", with: ""))
            #expect(version.contains("Sec-WebSocket-Version: 8, 13\r\n"))
        }
    }

    @Test(arguments: [("/ev/a", ""), ("/sub/a", ""), ("/ev/a/b", ""), ("/ws/a", TestEngine.webSocketFields)])
    func aSubscriberThatDoesNotReadIsClosedAndAHealthyOneLives(target: String, fields: String) async throws {
        let queueSize = 128 * 1024
        let folder = try TemporaryDirectory()
        var options = TestEngine.Options()
        options.queueSize = queueSize
        options.store.maxMessagesPerChannel = 1
        try await TestEngine.run({
            $0.queueSize = 1 << 30; $0.store.maxMessagesPerChannel = 1; $0.log = folder.file("error.log")
        }) { server in
            let healthy = try await server.subscribe("/ev/a", started: ": \n")
            let stuck = try await server.connect(reads: false)
            try await stuck.send("GET \(target) HTTP/1.1\r\nHost: t\r\n\(fields)\r\n")
            try await server.waitForSubscribers(2)
            // A reload's limit holds for those that are there.
            try await server.engine.reload(try TestEngine.configuration(options))
            let publisher = try await server.connect()
            let text = String(repeating: "x", count: 30_000)
            var sent = 0
            // The kernel's buffers come first; they are megabytes.
            while sent < 1000 {
                publisher.clear()
                try await publisher.send(
                    "POST /pub?id=a HTTP/1.1\r\nHost: t\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)")
                let answer = try await publisher.wait(for: "\"subscribers\": ")
                sent += 1
                if answer.contains("\"subscribers\": 1}") { break }
            }
            #expect(sent < 1000)
            try await server.publish("last", to: "a")
            let received = try await healthy.wait(for: "\"last\"")
            #expect(received.components(between: "{\"id\":", and: ",") == (1...(sent + 1)).map(String.init))
            let metrics = try await server.get("/metrics")
            #expect(metrics.contains("push_stream_subscribers_disconnected_total{reason=\"slow\"} 1\n"))
            // Never more than the limit and the messages of one tick wait: here one message with its template.
            let log = try folder.read("error.log")
            #expect(log.contains("[warn]"))
            let waiting = log.components(
                between: "subscriber does not read and is closed, client: 127.0.0.1, waiting bytes: ", and: ",")
            try #require(waiting.count == 1)
            let bytes = try #require(Int(waiting[0]))
            #expect(bytes > queueSize && bytes <= queueSize + text.utf8.count + 300)
            // A reset reaches a client that does not read; an end would stand behind what the system still keeps for it.
            try await stuck.waitForClose()
        }
    }

    @Test func connectionsBeyondTheLimitAreClosed() async throws {
        try await TestEngine.run({ $0.connectionsPerLoop = 3 }) { server in
            let first = try await server.subscribe("/ev/a", started: ": \n")
            let second = try await server.subscribe("/ev/a", started: ": \n")
            let third = try await server.subscribe("/ev/a", started: ": \n")
            let fourth = try await server.connect()
            try await fourth.waitForClose()
            await third.close()
            for client in [first, second] { await client.close() }
        }
    }
}
