import Foundation
import NIOCore
import PushTestSupport
import Testing

@testable import PushStreamServer

/// What a reload does to listening sockets, and that one which cannot be carried out changes nothing.
@Suite struct ReloadAddressTests {
    private static func request(_ client: RawClient) async throws {
        try await client.send("GET /stats HTTP/1.1\r\nHost: t\r\n\r\n")
        try await client.wait(for: "uptime")
    }

    private static func isRefused(_ host: String, _ port: Int) async -> Bool {
        do {
            await (try RawClient(host: host, port: port)).close()
            return false
        } catch { return true }
    }

    @Test func `a new address is served, and one that vanished refuses`() async throws {
        // Not from the system's own range, where another test could be given it next.
        let vanishing = try freePort()
        try await ReloadingEngine.run({ $0.listens = ["127.0.0.1:\(vanishing)"] }) { reloading in
            let (server, old) = (reloading.server, reloading.server.port)
            let stream = try await server.subscribe("/sub/a")
            let poll = try await server.connect()
            try await poll.send("GET /lp/b HTTP/1.1\r\nHost: t\r\n\r\n")
            let idle = try await server.connect()
            try await Self.request(idle)
            let begun = try await server.connect()
            try await begun.send("POST /pub?id=c HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhe")
            try await server.waitForSubscribers(2)

            let result = try await reloading.reload { $0.listens = ["127.0.0.2:0"] }
            let address = try #require(result.opened.first)
            #expect(result.opened.count == 1 && address.ipAddress == "127.0.0.2")
            let port = try #require(address.port)
            let client = try await RawClient(host: "127.0.0.2", port: port)
            try await Self.request(client)
            #expect(await Self.isRefused("127.0.0.1", old))

            // Who waits for a request goes; who is served is served to the end.
            try await idle.waitForClose()
            try await begun.send("llo")
            #expect(try await begun.waitForClose().contains("Connection: close\r\n"))
            func publish(to channel: String) async throws {
                client.clear()
                try await client.send("POST /pub?id=\(channel) HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nhi")
                try await client.wait(for: "\"published_messages\"")
            }
            try await publish(to: "a")
            try await stream.wait(for: "hi")
            try await publish(to: "b")
            let answer = try await poll.waitForClose()
            #expect(answer.contains("Connection: close\r\n") && answer.hasSuffix("2\r\nhi\r\n0\r\n\r\n"))
            client.clear()
            try await client.send("DELETE /pub?id=a HTTP/1.1\r\nHost: t\r\n\r\n")
            #expect(try await stream.waitForClose().hasSuffix("0\r\n\r\n"))
        }
    }

    @Test func `a file that is being sent is sent to its end when its address goes`() async throws {
        let folder = try TemporaryDirectory()
        // More than the buffers of both sockets take.
        let size = 6 << 20
        try folder.write(String(repeating: "x", count: size), to: "large")
        try await ReloadingEngine.run({ $0.server = "root \(folder.path);" }) { reloading in
            let client = try await RawClient(port: reloading.server.port, reads: false)
            try await client.send("GET /large HTTP/1.1\r\nHost: t\r\n\r\n")
            try await eventually("the file is being sent") {
                try await reloading.server.engine.onLoops { hub in
                    hub.connections.contains { if case .sendingFile = $0.state { true } else { false } }
                } == [true]
            }
            try await reloading.reload { $0.listens = ["127.0.0.2:0"] }
            try await client.startReading()
            let answer = try await client.waitForClose()
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.utf8.suffix(size).count(where: { $0 == UInt8(ascii: "x") }) == size)
        }
    }

    @Test func `an address that stays keeps its socket, with the new options`() async throws {
        try await ReloadingEngine.run { reloading in
            for round in 0..<5 {
                let result = try await reloading.reload {
                    $0.listens = ["127.0.0.1:0 backlog=\(64 + round)"]
                    $0.http = "tcp_nodelay \(round % 2 == 0 ? "off" : "on"); send_timeout \(round + 1)s;"
                }
                #expect(result.opened.isEmpty && result.needsRestart.isEmpty)
                try await Self.request(try await reloading.server.connect())
                let socket = try #require(Self.listeningSocket(port: reloading.server.port))
                #expect(socket == (64 + round, round % 2 != 0, (round + 1) * 1000))
            }
        }
    }

    /// What the kernel says of this process's listening socket.
    private static func listeningSocket(port: Int) -> (backlog: Int, noDelay: Bool, userTimeout: Int)? {
        func option(_ descriptor: Int32, _ level: Int32, _ name: Int32) -> Int32? {
            var (value, size): (Int32, socklen_t) = (0, 4)
            return getsockopt(descriptor, level, name, &value, &size) == 0 ? value : nil
        }
        for descriptor in Int32(3)..<4096 where option(descriptor, SOL_SOCKET, SO_ACCEPTCONN) == 1 {
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let status = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
            }
            guard status == 0, address.sin_family == sa_family_t(AF_INET), Int(UInt16(bigEndian: address.sin_port)) == port
            else { continue }
            var info = tcp_info()
            var size = socklen_t(MemoryLayout<tcp_info>.size)
            getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &size)
            // Of a listening socket, this field is the length of its queue.
            return (
                Int(info.tcpi_sacked), option(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY) == 1,
                Int(option(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT) ?? -1)
            )
        }
        return nil
    }

    @Test func `what needs a restart is told by name`() async throws {
        try await ReloadingEngine.run({ $0.listens = ["127.0.0.1:0", "[::1]:0"] }) { reloading in
            let result = try await reloading.reload {
                $0.main = "worker_processes 2;"
                $0.listens = ["127.0.0.1:0 reuseport", "[::1]:0 ipv6only=off"]
            }
            #expect(
                result.needsRestart == ["worker_processes", "listen 127.0.0.1:0 reuseport", "listen [::1]:0 ipv6only"])
        }
    }

    @Test func `sockets of the file system come and go with their files`() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("s")
        try await ReloadingEngine.run { reloading in
            let listens = ["127.0.0.1:0", "unix:\(path)"]
            try await reloading.reload { $0.listens = listens }
            #expect(FileManager.default.fileExists(atPath: path))
            // Another engine may not take it over.
            let second = PushStreamEngine(
                configuration: try ReloadingEngine.configuration { $0.listens = listens }, log: try .discarding())
            do {
                try await second.start()
                Issue.record("two engines on one socket")
            } catch {
                #expect("\(error)" == "bind() to unix:\(path) failed (98: Address already in use)")
            }
            try await reloading.reload()
            #expect(!FileManager.default.fileExists(atPath: path))
            // A file that a killed process left is in nobody's use.
            try folder.write("", to: "s")
            #expect(!SocketFile.isServed(path))
        }
    }

    @Test func `a configuration that cannot be applied changes nothing`() async throws {
        try await ReloadingEngine.run({ $0.server = "location /x { return 200 first!; }" }) { reloading in
            let server = reloading.server
            let other = PushStreamEngine(configuration: try ReloadingEngine.configuration(), log: try .discarding())
            let taken = try #require(try await other.start().first?.port)
            let free = try freePort()
            let stream = try await server.subscribe("/sub/a")
            let idle = try await server.connect()
            _ = try await reloading.ask(idle, "/x", until: "first!")
            let changes: [(String, String, String)] = [
                ("127.0.0.1:\(taken)", "", "bind() to 127.0.0.1:\(taken) failed (98: Address already in use)"),
                ("127.0.0.1:0", "access_log /nowhere/a.log;", "open() \"/nowhere/a.log\" failed (2: No such file or directory)"),
                ("unix:/nowhere/s", "", "bind() to unix:/nowhere/s failed ("),
            ]
            for (listen, directives, message) in changes {
                do {
                    try await reloading.reload {
                        // The first of them can be bound, and must be given back.
                        $0.listens = ["127.0.0.2:\(free)", listen]
                        $0.http = directives + "push_stream_max_messages_stored_per_channel 1;"
                        $0.server = "location /x { return 200 second!; }"
                        $0.memory = "1m"
                    }
                    Issue.record("\(listen) \(directives) was applied")
                } catch {
                    #expect("\(error)".hasPrefix(message))
                }
                #expect(await Self.isRefused("127.0.0.2", free))
                _ = try await reloading.ask(idle, "/x", until: "first!")
                let metrics = try await reloading.ask(idle, "/metrics", until: "store_bytes ")
                #expect(metrics.contains("\npush_stream_config_last_reload_successful 0\n"))
            }
            for index in 1...3 { try await server.publish("m\(index)", to: "a") }
            #expect(try await server.get("/stats?id=a").contains("\"stored_messages\": 3,"))
            try await stream.wait(for: "m3")
            try await reloading.reload()
            #expect(try await server.get("/metrics").contains("\npush_stream_config_last_reload_successful 1\n"))
            await other.shutdown(gracePeriod: .zero)
        }
    }
}
