import Foundation
import NIOCore
import PushTestSupport
import Testing

@testable import PushStreamServer

/// How requests end, and what the access log tells of it.
@Suite struct RequestEndTests {
    /// Runs a server that logs `format`.
    ///
    /// - Returns: the lines that are there when it has ended.
    private static func lines(
        _ format: String, _ locations: String, _ body: (TestEngine) async throws -> Void
    ) async throws -> [String] {
        let folder = try TemporaryDirectory()
        let http = """
            log_format f '\(format)'; access_log \(folder.file("log")) f;
            server { listen %PORT%; \(locations.replacing("%FOLDER%", with: folder.path)) }
            """
        try await TestEngine.run(http: http, body)
        return try folder.read("log").split(separator: "\n").map(String.init)
    }

    @Test func `a request has one id in its answer and in the log, of 32 hexadecimal digits`() async throws {
        var answered: [String] = []
        let lines = try await Self.lines(
            "$request_id",
            """
            add_header X-Id $request_id always;
            location /text { return 200 "$request_id+$request_id"; }
            location /other { root %FOLDER%; try_files $uri /text; }
            location /missing { return 404; }
            location /sub { push_stream_subscriber; push_stream_channels_path $arg_id; }
            """
        ) { server in
            let client = try await server.connect()
            let paths = ["/other", "/missing"] + Array(repeating: "/text", count: 60) + ["/sub?id=a"]
            for path in paths { try await client.send("GET \(path) HTTP/1.1\r\nHost: t\r\n\r\n") }
            try await client.wait { bytes, _ in bytes.occurrences(of: Array("X-Id: ".utf8)) == paths.count }
            try await client.wait { bytes, _ in bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) }
            answered = client.text.components(between: "X-Id: ", and: "\r\n")
            for id in [answered[0], answered[2]] { #expect(client.text.contains("\r\n\r\n\(id)+\(id)HTTP/1.1 ")) }
            await client.close()
        }
        #expect(lines == answered)
        #expect(Set(lines).count == lines.count)
        for line in lines { #expect(line.wholeMatch(of: /[0-9a-f]{32}/) != nil, "\(line)") }
    }

    @Test(arguments: [408, 444, 499])
    func `a request that is closed without an answer is logged once`(status: Int) async throws {
        let lines = try await Self.lines("$request_uri $status $request_length", "location /shut { return \(status); }") {
            server in
            for request in [
                "GET /shut?1 HTTP/1.1\r\nHost: t\r\n\r\n", "POST /shut?2 HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc",
            ] {
                let answer = try await server.exchange(request)
                #expect(answer.isEmpty)
            }
        }
        #expect(lines == ["/shut?1 \(status) 33", "/shut?2 \(status) 56"])
    }

    @Test func `a body that is too large gets the error page, however it is sent`() async throws {
        let locations = """
            location /plain { push_stream_publisher; push_stream_channels_path $arg_id; client_max_body_size 10; }
            location /page {
              push_stream_publisher; push_stream_channels_path $arg_id; client_max_body_size 10; error_page 413 /large; error_page 400 =200 /broken;
            }
            location /large { return 200 "at most ten"; }
            location /broken { return 200 broken; }
            """
        let chunk = "14\r\n01234567890123456789\r\n0\r\n\r\n"
        let lines = try await Self.lines("$request_uri $status", locations) { server in
            for path in ["/plain", "/page"] {
                for body in ["Content-Length: 20\r\n\r\n01234567890123456789", "Transfer-Encoding: chunked\r\n\r\n\(chunk)"] {
                    let answer = try await server.exchange("POST \(path)?id=a HTTP/1.1\r\nHost: t\r\n\(body)")
                    #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(path) \(body)")
                    #expect(answer.hasSuffix("\r\n\r\nat most ten") == (path == "/page"), "\(path) \(body)")
                }
            }
            let broken = try await server.exchange(
                "POST /page?id=a HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n")
            #expect(broken.hasPrefix("HTTP/1.1 200 ") && broken.hasSuffix("\r\n\r\nbroken"))
        }
        #expect(lines == ["/plain?id=a 413", "/plain?id=a 413", "/page?id=a 413", "/page?id=a 413", "/page?id=a 200"])
    }

    /// What `send_timeout` finds when it is over: the test lets it be over when it wants.
    private enum Firing {
        case noFile
        /// NIO has fewer bytes than when the time began; whether the connection lives on.
        case progress(isKept: Bool)
        case standstill(isKept: Bool)
    }

    private static func fire(_ server: TestEngine, onlyAfterProgress: Bool) async throws -> Firing {
        try await server.engine.onLoops { hub -> Firing in
            for connection in hub.connections {
                guard case .sendingFile(let transfer) = connection.state, connection.unsentBytes > 0 else { continue }
                let hasProgress = connection.unsentBytes < transfer.waiting
                if onlyAfterProgress, !hasProgress { return .standstill(isKept: true) }
                connection.timerFired()
                var isKept = false
                if case .sendingFile(let current) = connection.state { isKept = current === transfer }
                return hasProgress ? .progress(isKept: isKept) : .standstill(isKept: isKept)
            }
            return .noFile
        }[0]
    }

    @Test func `send_timeout of a file begins anew when the client has taken something, and ends the connection else`()
        async throws
    {
        let folder = try TemporaryDirectory()
        try Data(repeating: UInt8(ascii: "a"), count: 64 << 20).write(to: URL(filePath: folder.file("big")))
        let log = try ErrorLog(.file(folder.file("e.log")), level: .info)
        try await TestEngine.run(http: "server { listen %PORT%; root \(folder.path); send_timeout 1h; }", log: log) { server in
            let client = try PlainSocket(port: server.port, receiveBuffer: 4096)
            try client.send("GET /big HTTP/1.1\r\nHost: t\r\n\r\n")
            // The client reads a little now and then.
            var survived = 0
            try await eventually(within: .seconds(180), "a piece that is taken in parts") {
                try client.receive(atMost: 32_768)
                guard case .progress(let isKept) = try await Self.fire(server, onlyAfterProgress: true) else { return false }
                #expect(isKept)
                survived += 1
                return survived == 3
            }
            // It reads no more.
            try await eventually(within: .seconds(180), "the end of the connection") {
                switch try await Self.fire(server, onlyAfterProgress: false) {
                case .progress(let isKept):
                    #expect(isKept)
                    return false
                case .standstill(let isKept):
                    #expect(!isKept)
                    return true
                case .noFile: return false
                }
            }
            client.reset()
        }
        #expect(
            try folder.read("e.log").contains("client timed out (110: Connection timed out) while sending response to client"))
    }
}
