import Foundation
import PushTestSupport
import Testing

@testable import PushStreamServer

@Suite struct AccessLogTests {
    private static let locations = """
        location /stats { push_stream_channels_statistics; push_stream_channels_path $arg_id; access_log off; }
        location /pub { push_stream_publisher admin; push_stream_channels_path $arg_id; access_log off; }
        location ~ ^/sub/(.*)$ { push_stream_subscriber; push_stream_channels_path $1; push_stream_message_template ~text~|; }
        location ~ ^/lp/(.*)$ { push_stream_subscriber long-polling; push_stream_channels_path $1; }
        location ~ ^/ws/(.*)$ { push_stream_subscriber websocket; push_stream_channels_path $1; }
        """

    /// Runs a server that logs `format`, and gives the lines that are there when it has ended.
    private static func lines(
        _ format: String, loops: Int = 1, options: String = "", more: String = "", _ body: (TestEngine) async throws -> Void
    ) async throws -> [String] {
        let folder = try TemporaryDirectory()
        let http = """
            push_stream_store_messages on; log_format f '\(format)'; access_log \(folder.file("log")) f \(options);
            server { listen %PORT%; \(more.replacing("%FOLDER%", with: folder.path)) \(self.locations) }
            """
        try await TestEngine.run(http: http, loops: loops, body)
        return try folder.read("log").split(separator: "\n").map(String.init)
    }

    @Test func `a stream's line comes at its end, with the bytes that went out`() async throws {
        var received: [Int] = []
        let lines = try await Self.lines("$request_uri $status $bytes_sent $body_bytes_sent $request_completion.") { server in
            let one = try await server.subscribe("/sub/a")
            let several = try await server.subscribe("/sub/a/b")
            let socket = try await server.subscribe("/ws/a", fields: TestEngine.webSocketFields)
            let early = try await server.subscribe("/sub/other")
            try await server.publish("hello", to: "a")
            try await server.publish("world", to: "a")
            for client in [one, several] { try await client.wait(for: "world|") }
            try await socket.wait(for: "world")
            // Also what others got before it came is not its own.
            let late = try await server.subscribe("/sub/a")
            try await server.publish("again", to: "a")
            for client in [one, several, late] { try await client.wait(for: "again|") }
            try await socket.wait(for: "again")
            _ = try await server.exchange("DELETE /pub?id=other HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            try await early.wait(for: "\r\n0\r\n\r\n")
            for client in [early, one, several, socket, late] {
                received.append(client.bytes.count)
                let rest = try await TransportTests.subscriberCount(server)
                await client.close()
                if client !== early { try await server.waitForSubscribers(rest - 1) }
            }
        }
        #expect(lines.count == 5)
        let fields = lines.map { $0.split(separator: " ").map(String.init) }
        #expect(fields.map(\.first) == ["/sub/other", "/sub/a", "/sub/a/b", "/ws/a", "/sub/a"])
        #expect(fields.map { $0[1] } == ["200", "200", "200", "101", "200"])
        #expect(fields.map { Int($0[2]) } == received)
        #expect(fields.map(\.last) == ["OK.", ".", ".", ".", "."])
        for field in fields { #expect((Int(field[3]) ?? 0) < (Int(field[2]) ?? 0) && Int(field[3]) != 0) }
    }

    @Test func `a long poll's line has what it was answered`() async throws {
        var received = 0
        let lines = try await Self.lines("$request_uri $status $bytes_sent $sent_http_etag $request_completion") { server in
            let answered = try await server.connect()
            try await answered.send("GET /lp/a HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            try await server.waitForSubscribers(1)
            try await server.publish("hello", to: "a")
            try await answered.waitForClose()
            received = answered.bytes.count
            let gone = try await server.connect()
            try await gone.send("GET /lp/b HTTP/1.1\r\nHost: t\r\n\r\n")
            try await server.waitForSubscribers(1)
            await gone.close()
            try await server.waitForSubscribers(0)
        }
        #expect(lines.first == "/lp/a 200 \(received) W/1 OK")
        #expect(lines.last == "/lp/b 499 0 - ")
    }

    @Test func `variables of the request, the connection and the response`() async throws {
        let format =
            "$remote_user|$status|$body_bytes_sent|$sent_http_content_type|$sent_http_x_a|$connection|$connection_requests|"
            + "$request_length|$pipe|$sent_http_connection|$limit_conn_status|$request_time|$connection_time"
        let lines = try await Self.lines(format, more: "location /t { add_header X-A $status; return 200 text; }") { server in
            let client = try await server.connect()
            let request = "GET /t HTTP/1.1\r\nHost: t\r\nAuthorization: Basic YW5uYTpzZWNyZXQ=\r\n\r\n"
            try await client.send(request + "GET /t HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            try await client.waitForClose()
            #expect(client.text.contains("X-A: 200\r\n"))
        }
        let fields = lines.map { $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init) }
        #expect(fields[0].prefix(11) == ["anna", "200", "4", "text/plain", "200", "1", "1", "67", ".", "keep-alive", "-"])
        #expect(fields[1].prefix(11) == ["-", "200", "4", "text/plain", "200", "1", "2", "47", "p", "close", "-"])
        for field in fields {
            #expect(field[11].wholeMatch(of: /0\.\d{3}/) != nil && field[12].wholeMatch(of: /\d+\.\d{3}/) != nil)
        }
    }

    @Test func `several logs, conditions, and none`() async throws {
        let folder = try TemporaryDirectory()
        let more = """
            location /two { access_log \(folder.file("first")) f; access_log \(folder.file("second")); return 204; }
            location /quiet { access_log off; return 204; }
            location /some { set $logs $arg_log; access_log \(folder.file("some")) f if=$logs; return 204; }
            location /branch { if ($arg_x) { access_log \(folder.file("branch")) f; } root /none; }
            """
        let lines = try await Self.lines("$request_uri $status", more: more) { server in
            for path in ["/two", "/quiet", "/some?log=1", "/some?log=0", "/some", "/branch?x=1", "/branch"] {
                _ = try await server.get(path)
            }
        }
        #expect(lines == ["/branch 404"])
        #expect(try folder.read("first") == "/two 204\n")
        #expect(try folder.read("second").contains("\"GET /two HTTP/1.1\" 204 0 \"-\" \"-\"\n"))
        #expect(try folder.read("some") == "/some?log=1 204\n")
        #expect(try folder.read("branch") == "/branch?x=1 404\n")
    }

    @Test func `requests that never become whole`() async throws {
        let lines = try await Self.lines(
            "$request_uri $status", more: "location /p { push_stream_publisher; push_stream_channels_path $arg_id; }"
        ) {
            server in
            let client = try await server.connect()
            try await client.send("POST /p?id=a HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc")
            try await server.waitForSubscribers(0)
            await client.close()
        }
        #expect(lines == ["/p?id=a 400"])
    }

    @Test func `requests that never get to a location`() async throws {
        let lines = try await Self.lines(
            "$request|$status|$request_uri|$body_bytes_sent|$request_completion", more: "location /shut { return 444; }"
        ) {
            server in
            for request in ["nonsense\r\n\r\n", "GET /a HTTP/1.1\r\n\r\n", "GET /../a HTTP/1.1\r\nHost: t\r\n\r\n"] {
                let answer = try await server.exchange(request)
                #expect(answer.hasPrefix("HTTP/1.1 400 "))
            }
            _ = try await server.exchange("GET /shut HTTP/1.1\r\nHost: t\r\n\r\n")
        }
        let fields = lines.map { $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init) }
        #expect(fields.map { $0[0] } == ["-", "GET /a HTTP/1.1", "-", "GET /shut HTTP/1.1"])
        #expect(fields.map { $0[1] } == ["400", "400", "400", "444"] && fields.map { $0[2] } == ["-", "/a", "-", "/shut"])
        #expect(fields.map { $0[4] } == ["OK", "OK", "OK", ""] && fields[3][3] == "0")
    }

    @Test func `lines are gathered, and written when the buffer is full, in time, on reopening and at the end`() throws {
        let folder = try TemporaryDirectory()
        var file: LogFile? = try LogFile(.file(folder.file("log")), bufferSize: 20, flushTime: 1000)
        file?.append("one", now: 5000)
        file?.append("two", now: 5900)
        file?.flush(now: 5999)
        #expect(try folder.read("log") == "")
        file?.flush(now: 6000)
        #expect(try folder.read("log") == "one\ntwo\n")
        file?.append("0123456789", now: 7000)
        file?.append("0123456789", now: 7000)
        #expect(try folder.read("log") == "one\ntwo\n0123456789\n")
        file?.append("a line that is longer than the buffer", now: 7000)
        #expect(try folder.read("log").hasSuffix("0123456789\na line that is longer than the buffer\n"))
        file?.append("last of the old", now: 7000)
        try FileManager.default.moveItem(atPath: folder.file("log"), toPath: folder.file("old"))
        try file?.reopen()
        #expect(try folder.read("old").hasSuffix("last of the old\n"))
        file?.append("new", now: 7000)
        file = nil
        #expect(try folder.read("log") == "new\n")
    }

    @Test func `a buffer is written in its time and when the engine ends`() async throws {
        let folder = try TemporaryDirectory()
        let http = """
            access_log \(folder.file("timed")) combined buffer=32k flush=200ms;
            server { listen %PORT%; location /a { return 204; } location /b { access_log \(folder.file("late")) combined buffer=32k; return 204; }
                     location /c { access_log off; return 204; } }
            """
        try await TestEngine.run(http: http) { server in
            for path in ["/a", "/b"] { _ = try await server.get(path) }
            // Requests that no log tells of pass the time, however many they become.
            while try folder.read("timed").isEmpty { _ = try await server.get("/c") }
            let late = try folder.read("late")
            #expect(late.isEmpty)
        }
        #expect(try folder.read("timed").contains("\"GET /a HTTP/1.1\" 204"))
        #expect(try folder.read("late").contains("\"GET /b HTTP/1.1\" 204"))
    }
}
