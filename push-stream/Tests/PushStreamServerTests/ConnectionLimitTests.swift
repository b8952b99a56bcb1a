import Foundation
import NginxConf
import PushTestSupport
import Testing

@testable import PushStreamServer

@Suite struct ConnectionLimitTests {
    private static func run(
        _ limits: String, loops: Int = 1, log: ErrorLog? = nil, _ body: (TestEngine) async throws -> Void
    ) async throws {
        let http = """
            push_stream_store_messages on; limit_conn_zone $arg_key zone=one:32k; limit_conn_zone $server_name zone=all:32k;
            server {
              listen %PORT%; server_name t;
              location /stats { push_stream_channels_statistics; push_stream_channels_path $arg_id; }
              location /pub { push_stream_publisher admin; push_stream_channels_path $arg_id; }
              location ~ ^/(ttl)/(.*)$ { push_stream_subscriber; push_stream_channels_path $2; push_stream_subscriber_connection_ttl 1h; \(limits) }
              location ~ ^/sub/(.*)$ { push_stream_subscriber; push_stream_channels_path $1; \(limits) }
              location ~ ^/lp/(.*)$ { push_stream_subscriber long-polling; push_stream_channels_path $1; \(limits) }
              location ~ ^/ws/(.*)$ { push_stream_subscriber websocket; push_stream_channels_path $1; \(limits) }
              location /return { return 200 $limit_conn_status; \(limits) }
              location /files/ { root /none; add_header X-Limit $limit_conn_status always; \(limits) }
            }
            """
        try await TestEngine.run(http: http, loops: loops, log: log, body)
    }

    private static func status(_ server: TestEngine, _ path: String) async throws -> String {
        String(try await server.get(path).prefix(12).suffix(3))
    }

    @Test(arguments: ["/sub/a", "/sub/a/b", "/lp/a", "/ws/a"])
    func `a subscriber counts until its client is gone`(path: String) async throws {
        try await Self.run("limit_conn one 2;", loops: 2) { server in
            var clients: [RawClient] = []
            for _ in 0..<2 {
                let client = try await server.connect()
                let fields = path.hasPrefix("/ws") ? TestEngine.webSocketFields : ""
                try await client.send("GET \(path)?key=x HTTP/1.1\r\nHost: t\r\n\(fields)\r\n")
                clients.append(client)
            }
            try await server.waitForSubscribers(2)
            #expect(try await Self.status(server, "/sub/a?key=x") == "503")
            // Another key has a count of its own, and an empty one has none.
            #expect(try await Self.status(server, "/files/a?key=y") == "404")
            for _ in 0..<3 { #expect(try await Self.status(server, "/files/a") == "404") }
            await clients[0].close()
            try await server.waitForSubscribers(1)
            #expect(try await Self.status(server, "/files/a?key=x") == "404")
            await clients[1].close()
            try await server.waitForSubscribers(0)
        }
    }

    @Test func `a subscriber's place is free when its time is over or its channel deleted`() async throws {
        try await Self.run("limit_conn all 1;") { server in
            let expiring = try await server.subscribe("/ttl/a")
            #expect(try await Self.status(server, "/files/a") == "503")
            _ = try await server.onLoop { $0.advance(by: 3_601_000) }
            try await expiring.wait(for: "0\r\n\r\n")
            #expect(try await Self.status(server, "/files/a") == "404")
            let deleted = try await server.subscribe("/sub/a")
            #expect(try await Self.status(server, "/files/a") == "503")
            _ = try await server.exchange("DELETE /pub?id=a HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            try await deleted.wait(for: "0\r\n\r\n")
            // The connection lives on; the request is over.
            #expect(try await Self.status(server, "/files/a") == "404")
            await deleted.close()
        }
    }

    @Test func `a request counts while it goes on, and the next of its connection anew`() async throws {
        try await Self.run("limit_conn all 1;") { server in
            let client = try await server.connect()
            // All at once, so that the next is there when the one before it ends.
            try await client.send(String(repeating: "GET /files/a HTTP/1.1\r\nHost: t\r\n\r\n", count: 3))
            try await client.wait { bytes, _ in bytes.occurrences(of: Array("HTTP/1.1 404 ".utf8)) == 3 }
            #expect(client.text.components(between: "X-Limit: ", and: "\r\n") == ["PASSED", "PASSED", "PASSED"])
            await client.close()
        }
    }

    @Test func `status, level and dry run`() async throws {
        let folder = try TemporaryDirectory()
        let log = try ErrorLog(.file(folder.file("log")), level: .info)
        try await Self.run("limit_conn all 1; limit_conn_status 429; limit_conn_log_level info;", log: log) { server in
            let client = try await server.subscribe("/sub/a")
            let refused = try await server.get("/files/a")
            #expect(refused.hasPrefix("HTTP/1.1 429 Too Many Requests\r\n") && refused.contains("X-Limit: REJECTED\r\n"))
            // A `return` comes before the limit.
            #expect(try await Self.status(server, "/return") == "200")
            await client.close()
        }
        #expect(
            try folder.read("log").contains("[info] ")
                && folder.read("log").contains("limiting connections, zone: all, client: 127.0.0.1"))
        try await Self.run("limit_conn all 1; limit_conn_dry_run on;", log: log) { server in
            let client = try await server.subscribe("/sub/a")
            let passed = try await server.get("/files/a")
            #expect(passed.hasPrefix("HTTP/1.1 404 ") && passed.contains("X-Limit: REJECTED_DRY_RUN\r\n"))
            await client.close()
        }
    }

    @Test func `a table has an end, and a place is given back once`() throws {
        let zone = ConnectionZone(name: "z", key: ComplexValue(constant: "k"), size: 32 << 10)
        var tickets: [ConnectionTicket] = []
        for index in 0..<10_000 {
            guard let ticket = zone.enter("10.0.\(index / 256).\(index % 256)", limit: 1) else { break }
            tickets.append(ticket)
        }
        #expect(tickets.count == 512)
        #expect(zone.enter("another", limit: 1) == nil && zone.enter("10.0.0.0", limit: 1) == nil)
        #expect(zone.enter("10.0.0.0", limit: 2) != nil)
        #expect(zone.count(of: "10.0.0.0") == 1)
        tickets.removeFirst()
        #expect(zone.count(of: "10.0.0.0") == 0 && zone.enter("another", limit: 1) != nil)
        let next = ConnectionZone(name: "z", key: ComplexValue(constant: "k"), size: 32 << 10)
        next.continue(zone)
        #expect(next.count(of: "10.0.0.1") == 1)
        tickets = []
        #expect(next.count(of: "10.0.0.1") == 0)
    }

    @Test(arguments: [
        ("limit_conn_zone $a zone=z:32k;", "unknown \"a\" variable"),
        ("limit_conn_zone $uri;", "invalid number of arguments in \"limit_conn_zone\" directive"),
        ("limit_conn_zone $uri z;", "invalid parameter \"z\""),
        ("limit_conn_zone $uri zone=z;", "invalid zone size \"zone=z\""),
        ("limit_conn_zone $uri zone=z:1k;", "zone \"zone=z:1k\" is too small"),
        (
            "limit_conn_zone $uri zone=z:32k; limit_conn_zone $host zone=z:32k;",
            "limit_conn_zone \"z\" is already bound to key \"$uri\""
        ),
        ("limit_conn z 1; server {}", "zero size shared memory zone \"z\""),
        ("limit_conn_zone $uri zone=z:32k; limit_conn z 0;", "invalid number of connections \"0\""),
        ("limit_conn_zone $uri zone=z:32k; limit_conn z 65536;", "connection limit must be less 65536"),
        ("limit_conn_zone $uri zone=z:32k; limit_conn z 1; limit_conn z 2; server {}", "\"limit_conn\" directive is duplicate"),
        ("limit_conn_status 200;", "value must be between 400 and 599"),
        ("access_log off combined;", "invalid parameter \"combined\""),
        ("access_log /x combined buffer=0;", "invalid buffer size \"0\""),
        ("access_log /x combined buffer=1k flush=x;", "invalid flush time \"x\""),
        ("access_log syslog:server=127.0.0.1 combined buffer=1k;", "logs to syslog cannot be buffered"),
        ("access_log /x combined flush=1s;", "no buffer is defined for access_log \"/x\""),
        ("access_log /x combined gzip;", "parameter \"gzip\" is not supported: logs are written as text"),
        ("access_log /x nope; server {}", "unknown log format \"nope\""),
        (
            "access_log /x combined buffer=1k; access_log /x combined buffer=2k;",
            "access_log \"/x\" already defined with conflicting parameters"
        ),
    ])
    func `what nginx refuses is refused in its words`(text: String, message: String) {
        let conf = "events {} http { \(text) }"
        let error = #expect(throws: ConfigurationError.self) {
            _ = try EngineConfiguration.load(contents: Array(conf.utf8), name: "/t.conf")
        }
        #expect(error?.description == "[emerg] \(message) in /t.conf:1")
    }
}
