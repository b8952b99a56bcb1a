import Foundation
import PushTestSupport
import Testing

@testable import PushStreamServer

@Suite struct ErrorLogTests {
    private static let http = """
        http {
          push_stream_shared_memory_size 128k;
          server {
            server_name t;
            listen 127.0.0.1:0;
            client_max_body_size 100k;
            location /pub { push_stream_publisher; push_stream_channels_path $arg_id; push_stream_store_messages on; }
            location /closed { deny all; }
          }
        }
        """

    @Test func `each log gets what its level says`() async throws {
        let program = try TestProgram("error_log d.log debug; error_log e.log warn; error_log n.log notice; %SERVER%")
        let process = try program.start()
        _ = try await program.port(log: "n.log")
        process.signal(SIGUSR2)
        try await program.await("signal USR2", in: "e.log")
        #expect(try await process.terminate() == .exited(0))
        #expect(program.contents("n.log").contains("[notice]") && program.contents("d.log").contains("[notice]"))
        #expect(program.contents("n.log").contains(/\[notice\] \d+#0: exit\n/))
        #expect(program.contents("e.log").split(separator: "\n").count == 1)
    }

    @Test func `what clients do wrong is told with client, server and request`() async throws {
        let program = try TestProgram("events {} error_log e.log info; \(Self.http)")
        let process = try program.start()
        let port = try await program.port()
        let client = try await RawClient(port: port)
        try await client.send("nonsense\r\n\r\n")
        try await client.waitForClose()
        try await program.await(
            "client sent invalid request (400: badRequest), client: 127.0.0.1, server: 127.0.0.1:\(port)\n", in: "e.log")
        let suffix = ", client: 127.0.0.1, server: t, request:"
        for (request, line) in [
            (
                "POST /pub?id=a HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n",
                "[error] \(process.pid)#0: client intended to send too large body\(suffix) \"POST /pub?id=a HTTP/1.1\", host: \"x\"\n"
            ),
            (
                "GET /closed HTTP/1.1\r\nHost: x\r\n\r\n",
                "[error] \(process.pid)#0: access forbidden by rule\(suffix) \"GET /closed HTTP/1.1\", host: \"x\"\n"
            ),
        ] {
            let client = try await RawClient(port: port)
            try await client.send(request)
            try await program.await(line, in: "e.log")
            await client.close()
        }
        try await process.terminate()
    }

    @Test(arguments: [
        (
            "POST /pub?id=a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\na",
            "while reading client request body, client: 127.0.0.1, server: t, request: \"POST /pub?id=a HTTP/1.1\", host: \"x\"\n"
        ),
        ("GET /pub", "while reading client request headers, client: 127.0.0.1, server: 127.0.0.1:"),
        ("", "while waiting for request, client: 127.0.0.1, server: 127.0.0.1:"),
    ])
    func `clients that are late are told with what they left out`(request: String, line: String) async throws {
        let program = try TestProgram(
            "events {} error_log e.log info; "
                + Self.http.replacing(
                    "server_name t;", with: "server_name t; client_body_timeout 200ms; client_header_timeout 200ms;"))
        let process = try program.start()
        let port = try await program.port()
        // On a busy machine the client itself may be too late for what it is to send: then once more.
        while !program.contents("e.log").contains("[info] \(process.pid)#0: client timed out (110: Connection timed out) \(line)")
        {
            let client = try await RawClient(port: port)
            if !request.isEmpty { try? await client.send(request) }
            try await client.waitForClose()
            await client.close()
        }
        try await process.terminate()
    }

    @Test func `too many connections are told once a second, with their number`() async throws {
        let program = try TestProgram("events { worker_connections 4; } error_log e.log notice; \(Self.http)")
        let process = try program.start()
        let port = try await program.port()
        var clients: [RawClient] = []
        for _ in 0..<40 { clients.append(try await RawClient(port: port)) }
        for client in clients.dropFirst(4) { try await client.waitForClose() }
        try await program.await("[alert] \(process.pid)#0: 4 worker_connections are not enough, client: 127.0.0.1", in: "e.log")
        // The connections came within two seconds, or the machine stands still.
        #expect(program.contents("e.log").split(separator: "are not enough").count - 1 < 36)
        try await process.terminate()
    }

    @Test func `a full store is told with its channel`() async throws {
        let program = try TestProgram("events {} error_log e.log crit; error_log n.log notice; \(Self.http)")
        let process = try program.start()
        let port = try await program.port(log: "n.log")
        let text = String(repeating: "x", count: 50_000)
        let request = "POST /pub?id=a/b HTTP/1.0\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
        var answers: [String] = []
        for _ in 0..<3 {
            let client = try await RawClient(port: port)
            try await client.send(request)
            answers.append(try await client.waitForClose())
        }
        #expect(answers.last?.contains("500 Internal Server Error") == true)
        try await program.await(
            "[crit] \(process.pid)#0: push stream module: the store is full, channel: \"a\" \"b\", limit: 131072", in: "e.log")
        try await process.terminate()
    }

    @Test func `a subscriber that does not read is told with its channel`() async throws {
        let program = try TestProgram(
            """
            error_log e.log warn; error_log n.log notice; events {}
            http {
              push_stream_shared_memory_size 1m;
              server {
                listen 127.0.0.1:0;
                location /pub { push_stream_publisher; push_stream_channels_path $arg_id; }
                location /ev { push_stream_subscriber eventsource; push_stream_channels_path $arg_id; }
              }
            }
            """)
        let process = try program.start()
        let port = try await program.port(log: "n.log")
        let subscriber = try await RawClient(port: port, reads: false)
        try await subscriber.send("GET /ev?id=a HTTP/1.1\r\nHost: t\r\n\r\n")
        let text = String(repeating: "x", count: 200_000)
        let publish = "POST /pub?id=a HTTP/1.1\r\nHost: t\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
        let publisher = try await RawClient(port: port)
        var published = 0
        // More than any socket's buffers and the queue take together.
        while !program.contents("e.log").contains("does not read"), published < 300 {
            try await publisher.send(publish)
            published += 1
            let count = published
            try await publisher.wait { bytes, _ in bytes.occurrences(of: Array("HTTP/1.1 200".utf8)) == count }
        }
        try await program.await(
            "[warn] \(process.pid)#0: a subscriber that does not read is disconnected, mode: eventsource, channel: \"a\", suppressed: 0\n",
            in: "e.log")
        await publisher.close()
        await subscriber.close()
        try await process.terminate()
    }

    @Test func `syslog gets lines with facility, severity and tag`() async throws {
        let folder = try TemporaryDirectory()
        let server = try DatagramServer(path: folder.file("log"))
        let program = try TestProgram(
            "error_log syslog:server=unix:\(folder.file("log")),facility=local1,tag=push,nohostname notice; %SERVER%")
        let process = try program.start()
        // local1 is 17, notice is 5.
        let line = try await server.line()
        #expect(line.hasPrefix("<141>"))
        #expect(line.contains(#/^<141>[A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d push: \d{4}/\d\d/\d\d /#))
        #expect(line.contains("[notice] \(process.pid)#0: push-stream \(EngineVersion.number) started"))
        process.signal(SIGUSR2)
        var next = try await server.line()
        while !next.contains("USR2") { next = try await server.line() }
        #expect(next.hasPrefix("<140>"))
        try await process.terminate()
    }

    @Test func `syslog gets the access log too`() async throws {
        let folder = try TemporaryDirectory()
        let server = try DatagramServer(path: folder.file("log"))
        let program = try TestProgram(
            "error_log e.log notice; %SERVER%",
            server: "listen 127.0.0.1:0; access_log syslog:server=unix:\(folder.file("log")),tag=hits,severity=debug;")
        let process = try program.start()
        #expect(try await program.get(port: program.port()).hasSuffix("hello"))
        let line = try await server.line()
        // local7 is 23, debug is 7.
        #expect(line.hasPrefix("<191>"))
        #expect(line.contains(" hits: 127.0.0.1 - - ["))
        #expect(line.contains("\"GET / HTTP/1.1\" 200 5"))
        try await process.terminate()
    }

    @Test func `a syslog server that is away stops nothing`() async throws {
        let program = try TestProgram(
            "error_log syslog:server=unix:%FOLDER%/none debug; error_log e.log notice; %SERVER%")
        let process = try program.start()
        #expect(try await program.get(port: program.port()).hasSuffix("hello"))
        try await process.terminate()
    }

    @Test func `the throttle admits one event of a kind for each second, and counts the others`() {
        let throttle = LogThrottle()
        #expect(throttle.admit(.storeFull, now: 1_000) == 0)
        #expect(throttle.admit(.storeFull, now: 1_999) == nil)
        #expect(throttle.admit(.storeFull, now: 1_500) == nil)
        #expect(throttle.admit(.slowSubscriber, now: 1_500) == 0)
        #expect(throttle.admit(.storeFull, now: 2_000) == 2)
        #expect(throttle.admit(.storeFull, now: 3_000) == 0)
    }
}

/// A datagram socket of the system, as a syslog server has it.
private final class DatagramServer: Sendable {
    private let descriptor: Int32

    init(path: String) throws {
        self.descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.dropLast().copyBytes(from: path.utf8) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(self.descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(status == 0)
    }

    deinit { close(self.descriptor) }

    /// The next datagram.
    func line() async throws -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        var count = -1
        try await eventually("a datagram") {
            count = recv(self.descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            return count >= 0
        }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
