import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// `push_stream_shared_memory_size` bounds what the store takes, seen from outside: by answers and by the memory of the process.
    @Suite struct StoreBound {
        /// 16 MB.
        private static let size = 16 << 20

        private static func configuration(port: Int, _ lifetimes: String) -> String {
            """
            worker_processes 1;
            pid logs/server.pid;
            error_log logs/error.log;
            events { worker_connections 1024; }
            http {
                access_log off;
                push_stream_shared_memory_size 16m;
                push_stream_wildcard_channel_prefix broad_;
                push_stream_events_channel_id happenings;
                \(lifetimes)
                server {
                    listen 127.0.0.1:\(port);
                    location /pub {
                        push_stream_publisher admin;
                        push_stream_channels_path $arg_id;
                        push_stream_store_messages on;
                    }
                    location ~ ^/sub/(.*)$ {
                        push_stream_subscriber;
                        push_stream_channels_path $1;
                        push_stream_wildcard_channel_max_qtd 2;
                    }
                    location ~ ^/ev/(.*)$ { push_stream_subscriber eventsource; push_stream_channels_path $1; }
                    location ~ ^/lp/(.*)$ { push_stream_subscriber long-polling; push_stream_channels_path $1; }
                    location ~ ^/poll/(.*)$ { push_stream_subscriber polling; push_stream_channels_path $1; }
                    #push-stream: location = /metrics { push_stream_metrics; }
                }
            }
            """
        }

        private static func run(_ lifetimes: String, _ body: (Store) async throws -> Void) async throws {
            let directory = try TemporaryDirectory()
            try FileManager.default.createDirectory(atPath: directory.file("logs"), withIntermediateDirectories: true)
            let port = try ServicePort.allocate()
            let file = try directory.write(Self.configuration(port: port, lifetimes), to: "nginx.conf")
            let program = try Repository.binary("push-stream")
            try await withProcess("push-stream", program, arguments: ["-p", directory.path + "/", "-c", file]) { process in
                let store = Store(port: port, processID: process.pid)
                try await eventually { (try? await store.usedBytes()) != nil }
                try await body(store)
            }
        }

        /// Large messages, then small ones in many channels, then channels alone, until nothing at all finds room.
        private static func fillUp(_ store: Store, round: Int) async throws {
            let large = String(repeating: "m", count: 30_000)
            _ = try await store.publish { number in ("large-\(round)-\(number % 7)", large) }
            let medium = String(repeating: "m", count: 700)
            _ = try await store.publish { number in ("medium-\(round)-\(number)", medium) }
            _ = try await store.publish { number in ("broad_\(round)-\(number)", "m") }
            _ = try await store.publish { number in ("\(round)-\(number)", "") }
        }

        /// What the process takes for a full store: the store, and as much again for what `malloc` keeps between.
        private static func expectBounded(_ store: Store, above start: Int, sourceLocation: SourceLocation = #_sourceLocation)
            async throws
        {
            let used = try await store.usedBytes()
            #expect(used <= Self.size, sourceLocation: sourceLocation)
            let growth = try ProcessTable.residentMemory(of: store.processID) - start
            print("measured: a store of \(Self.size) bytes, \(used) used, takes \(growth) bytes of memory")
            #expect(growth <= Self.size * 3 / 2, sourceLocation: sourceLocation)
        }

        @Test func `a full store takes no more, and subscribers make no channels in it`() async throws {
            try await Self.run("push_stream_message_ttl 10m; push_stream_channel_inactivity_time 10m;") { store in
                let start = try ProcessTable.residentMemory(of: store.processID)
                try await Self.fillUp(store, round: 1)
                #expect(try await store.usedBytes() > Self.size - 10_000)
                try await Self.expectBounded(store, above: start)
                let full = try ProcessTable.residentMemory(of: store.processID)

                // Refusals leave nothing behind, whoever asks.
                let explain = "X-Nginx-PushStream-Explain"
                for number in 0..<300 {
                    for path in ["/sub/@", "/sub/large-1-0/broad_@", "/ev/@", "/lp/@", "/poll/@"] {
                        let target = path.replacing("@", with: "\(String(repeating: "n", count: 180))\(number)")
                        let response = try await store.response(to: HTTPRequest("GET", target))
                        #expect(response.status == 500)
                        #expect(response.head[explain] == "")
                        #expect(response.body.isEmpty)
                    }
                }
                for number in 0..<300 { #expect(try await store.status(of: "new-\(number)", "m") == 500) }
                for number in 0..<300 { #expect(try await store.status(of: "large-1-\(number % 7)", "m") == 500) }
                try await Self.expectBounded(store, above: start)
                #expect(try ProcessTable.residentMemory(of: store.processID) - full < 1 << 20)

                // Whoever is there already is served.
                #expect(try await store.response(to: HTTPRequest("GET", "/poll/medium-1-0.b1")).status == 200)
                // Deletion makes room at once.
                let deletion = try await store.response(to: HTTPRequest("DELETE", "/pub?id=large-1-0"))
                #expect(deletion.status == 200)
                #expect(try await store.status(of: "new", String(repeating: "m", count: 30_000)) == 200)
                try await Self.expectBounded(store, above: start)
            }
        }

        @Test func `what expires makes room again, round after round`() async throws {
            try await Self.run("push_stream_message_ttl 6s; push_stream_channel_inactivity_time 6s;") { store in
                let start = try ProcessTable.residentMemory(of: store.processID)
                for round in 1...3 {
                    try await Self.fillUp(store, round: round)
                    try await Self.expectBounded(store, above: start)
                    // What tells of the channels that went is in the store, too, for some seconds.
                    try await eventually(within: .seconds(120), "an empty store") { try await store.usedBytes() < 10_000 }
                }
            }
        }
    }
}

/// A push-stream whose store is to be filled.
private struct Store {
    let port: Int
    let processID: Int32

    /// Requests that are sent before their answers are awaited.
    private static let batch = 100

    /// Publishes messages number 0, 1 and so on until one finds no room. An empty text only makes its channel.
    ///
    /// - Returns: how many found room.
    func publish(_ message: (Int) -> (channel: String, text: String)) async throws -> Int {
        var count = 0
        while true {
            let connection = try await HTTPConnection(to: .port(port))
            defer { connection.close() }
            let requests = (count..<(count + Self.batch)).flatMap { number in
                let (channel, text) = message(number)
                return HTTPRequest("POST", "/pub?id=\(channel)", text: text).bytes
            }
            try await connection.raw.send(requests)
            for _ in 0..<Self.batch {
                let status = try await connection.response(to: "POST").status
                if status == 500 { return count }
                count += 1
            }
        }
    }

    func status(of channel: String, _ text: String) async throws -> Int {
        try await response(to: HTTPRequest("POST", "/pub?id=\(channel)", text: text)).status
    }

    func response(to request: HTTPRequest) async throws -> HTTPResponse {
        let connection = try await HTTPConnection(to: .port(port))
        defer { connection.close() }
        return try await connection.response(to: request)
    }

    /// What the store itself says that it uses.
    func usedBytes() async throws -> Int {
        let text = try await response(to: HTTPRequest("GET", "/metrics")).text
        let line = text.split(separator: "\n").first { $0.hasPrefix("push_stream_store_bytes ") }
        return try #require(line?.split(separator: " ").last.flatMap { Int($0) })
    }
}
