import Foundation
import NIOCore
import PushTestSupport
import Testing

@testable import PushStreamServer

@Suite struct StaticFileTests {
    /// A folder with a page and some files, all of one known time.
    private static func site() throws -> TemporaryDirectory {
        let site = try TemporaryDirectory()
        for folder in ["dir", "empty", "a b"] {
            try FileManager.default.createDirectory(atPath: site.file(folder), withIntermediateDirectories: true)
        }
        try site.write("page", to: "index.html")
        try site.write("inner page", to: "dir/index.html")
        try site.write("0123456789abcdefghij", to: "a.txt")
        try site.write("", to: "nothing")
        try FileManager.default.createSymbolicLink(atPath: site.file("link"), withDestinationPath: site.file("a.txt"))
        mkfifo(site.file("pipe"), 0o644)
        for name in ["index.html", "dir/index.html", "a.txt"] {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1_767_323_045)], ofItemAtPath: site.file(name))
        }
        return site
    }

    private static func run(_ locations: String, _ body: (TestEngine, TemporaryDirectory) async throws -> Void) async throws {
        let site = try Self.site()
        let http = "server { listen %PORT%; root \(site.path); types { text/html html; text/plain txt; } \(locations) }"
            .replacing("%ROOT%", with: site.path)
        try await TestEngine.run(http: http) { try await body($0, site) }
    }

    @Test func `a page beside the streams`() async throws {
        try await Self.run("location /ev/ { push_stream_subscriber eventsource; push_stream_channels_path $arg_id; }") {
            server, _ in
            let client = try await server.subscribe("/ev/?id=a", started: ": \n")
            #expect(client.text.contains("Content-Type: text/event-stream"))
            #expect(try await server.get("/").hasSuffix("\r\n\r\npage"))
            await client.close()
        }
    }

    @Test func `files, folders and what is neither`() async throws {
        try await Self.run("default_type application/x-any; add_header X-A 1;") { server, _ in
            let file = try await server.get("/a.txt")
            #expect(file.hasPrefix("HTTP/1.1 200 OK\r\n") && file.hasSuffix("\r\n\r\n0123456789abcdefghij"))
            #expect(
                file.contains(
                    "Content-Type: text/plain\r\nContent-Length: 20\r\nLast-Modified: Fri, 02 Jan 2026 03:04:05 GMT\r\n"
                        + "Connection: close\r\nETag: \"695735a5-14\"\r\nX-A: 1\r\nAccept-Ranges: bytes\r\n\r\n"))
            #expect(try await server.get("/").hasSuffix("\r\n\r\npage"))
            #expect(try await server.get("/dir/?x").hasSuffix("\r\n\r\ninner page"))
            #expect(try await server.get("/link").hasSuffix("\r\n\r\n0123456789abcdefghij"))
            #expect(try await server.get("/link").contains("Content-Type: application/x-any\r\n"))
            #expect(try await server.get("/nothing").contains("Content-Length: 0\r\n"))
            let folder = try await server.get("/a%20b?x=y")
            #expect(folder.hasPrefix("HTTP/1.1 301 ") && folder.contains("Location: http://t:\(server.port)/a%20b/?x=y\r\n"))
            #expect(try await server.get("/empty/").hasPrefix("HTTP/1.1 403 "))
            for path in ["/none", "/none/", "/a.txt/", "/a.txt/b", "/pipe", "/" + String(repeating: "x", count: 300)] {
                #expect(try await server.get(path).hasPrefix("HTTP/1.1 404 "), "\(path)")
            }
            for path in ["/../a.txt", "/%2e%2e/a.txt", "/dir/..%2f..%2fetc/passwd", "/a%00.txt"] {
                #expect(try await server.get(path).hasPrefix("HTTP/1.1 400 "), "\(path)")
            }
            let head = try await server.exchange("HEAD /a.txt HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            #expect(head.contains("Content-Length: 20\r\n") && head.hasSuffix("\r\n\r\n"))
            for (method, path, status) in [
                ("POST", "/none", 404), ("POST", "/dir", 301), ("PUT", "/dir/", 405), ("PUT", "/none", 405),
            ] {
                let answer = try await server.exchange("\(method) \(path) HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(method) \(path)")
            }
            for method in ["POST", "PUT", "DELETE", "OPTIONS", "FOO"] {
                let answer = try await server.exchange("\(method) /a.txt HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 405 "), "\(method)")
            }
        }
    }

    @Test func `ranges and conditions`() async throws {
        try await Self.run("") { server, _ in
            let part = try await server.get("/a.txt", fields: "Range: bytes=2-5\r\n")
            #expect(part.hasPrefix("HTTP/1.1 206 Partial Content\r\n") && part.hasSuffix("\r\n\r\n2345"))
            #expect(part.contains("Content-Length: 4\r\n") && part.contains("Content-Range: bytes 2-5/20\r\n"))
            #expect(!part.contains("Accept-Ranges"))
            let parts = try await server.get("/a.txt", fields: "Range: bytes=0-1,4-5\r\n")
            let boundary = try #require(TransportTests.field("Content-Type", parts)?.split(separator: "=").last)
            #expect(boundary.count == 20)
            let part1 = "\r\n--\(boundary)\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/20\r\n\r\n01"
            let part2 =
                "\r\n--\(boundary)\r\nContent-Type: text/plain\r\nContent-Range: bytes 4-5/20\r\n\r\n45\r\n--\(boundary)--\r\n"
            #expect(parts.hasSuffix("\r\n\r\n" + part1 + part2))
            #expect(parts.contains("Content-Length: \((part1 + part2).utf8.count)\r\n"))
            let beyond = try await server.get("/a.txt", fields: "Range: bytes=30-\r\n")
            #expect(beyond.hasPrefix("HTTP/1.1 416 ") && beyond.contains("Content-Range: bytes */20\r\n"))
            let same = try await server.get("/a.txt", fields: "If-None-Match: \"695735a5-14\"\r\n")
            #expect(same.hasPrefix("HTTP/1.1 304 Not Modified\r\n") && same.hasSuffix("\r\n\r\n"))
            #expect(
                !same.contains("Content-Length") && !same.contains("Content-Type") && same.contains("ETag: \"695735a5-14\"\r\n"))
            #expect(try await server.get("/a.txt", fields: "If-Match: \"x\"\r\n").hasPrefix("HTTP/1.1 412 "))
            let old = try await server.get("/a.txt", fields: "Range: bytes=2-5\r\nIf-Range: \"x\"\r\n")
            #expect(old.hasPrefix("HTTP/1.1 200 ") && old.hasSuffix("0123456789abcdefghij"))
        }
    }

    @Test func `alias, try_files, error_page and internal`() async throws {
        try await Self.run(
            """
            location /al/ { alias %ROOT%/dir/; }
            location ~ ^/re/(.*)$ { alias %ROOT%/$1; max_ranges 0; etag off; }
            location /try/ { try_files $uri /a.txt =418; add_header X-Try 1; }
            location /spa/ { try_files $uri $uri/ /index.html; }
            location /err/ { error_page 404 /a.txt; error_page 403 =200 /a.txt; error_page 405 http://other/; location /err/no { deny all; } }
            location /hidden/ { internal; return 200 shown; }
            location /show/ { error_page 404 = /hidden/x; }
            location /loop/ { index /loop/; }
            location /status { return 201 "$args $status"; }
            location /odd { return 418; }
            """
        ) { server, _ in
            #expect(try await server.get("/al/").hasSuffix("\r\n\r\ninner page"))
            let plain = try await server.get("/re/a.txt", fields: "Range: bytes=2-5\r\n")
            #expect(plain.hasPrefix("HTTP/1.1 200 ") && !plain.contains("ETag") && !plain.contains("Accept-Ranges"))
            let tried = try await server.get("/try/x")
            #expect(tried.hasSuffix("0123456789abcdefghij") && tried.contains("X-Try: 1\r\n"))
            #expect(try await server.get("/spa/x/y").hasSuffix("\r\n\r\npage"))
            let missing = try await server.get("/err/x", fields: "Range: bytes=2-5\r\n")
            #expect(missing.hasPrefix("HTTP/1.1 404 Not Found\r\n") && missing.hasSuffix("0123456789abcdefghij"))
            #expect(!missing.contains("Last-Modified"))
            #expect(try await server.get("/err/no").hasPrefix("HTTP/1.1 200 "))
            let posted = try await server.exchange("PUT /err/x HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            #expect(posted.hasPrefix("HTTP/1.1 302 ") && posted.contains("Location: http://other/\r\n"))
            #expect(try await server.get("/hidden/x").hasPrefix("HTTP/1.1 404 "))
            #expect(try await server.get("/show/x").hasSuffix("\r\n\r\nshown"))
            #expect(try await server.get("/status?a").hasSuffix("\r\n\r\na 201"))
            let odd = try await server.get("/odd")
            #expect(odd.hasPrefix("HTTP/1.1 418 \r\n") && odd.hasSuffix("\r\n\r\n") && !odd.contains("Content-Type"))
            #expect(try await server.get("/loop/").hasPrefix("HTTP/1.1 500 "))
        }
    }

    @Test func `requests on one connection are answered in order`() async throws {
        try await Self.run("location /text { return 200 text; }") { server, _ in
            let client = try await server.connect()
            let get = { (path: String) in "GET \(path) HTTP/1.1\r\nHost: t\r\n\r\n" }
            try await client.send(get("/a.txt") + get("/text") + get("/dir/") + get("/none") + get("/a.txt"))
            try await client.wait { bytes, _ in
                bytes.occurrences(of: Array("HTTP/1.1 ".utf8)) == 5 && bytes.last == UInt8(ascii: "j")
            }
            let order = client.text.components(between: "HTTP/1.1 ", and: " ")
            #expect(order == ["200", "200", "200", "404", "200"])
            #expect(client.text.components(between: "Content-Length: ", and: "\r\n").prefix(3) == ["20", "4", "10"])
            await client.close()
        }
    }

    @Test func `an end that the client did not ask for does not take its answer away`() async throws {
        try await Self.run("keepalive_requests 2; keepalive_timeout 100s 20s; location /text { return 200 text; }") { server, _ in
            for path in ["/a.txt", "/text"] {
                let client = try await server.connect()
                let request = "GET \(path) HTTP/1.1\r\nHost: t\r\n\r\n"
                try await client.send(request)
                try await client.wait(for: path == "/text" ? "text" : "ghij")
                // The last ones may find the connection closed.
                for _ in 0..<3 { try? await client.send(request) }
                try await client.wait { bytes, isClosed in isClosed || bytes.occurrences(of: Array("HTTP/1.1 200 ".utf8)) == 2 }
                try await client.waitForClose()
                #expect(client.text.components(between: "HTTP/1.1 ", and: " ") == ["200", "200"])
                #expect(client.text.components(between: "Keep-Alive: ", and: "\r\n") == ["timeout=20"])
                #expect(client.text.hasSuffix(path == "/text" ? "text" : "ghij"))
                await client.close()
            }
        }
    }

    @Test func `a large file comes whole, and nothing of it is read long before the client takes it`() async throws {
        try await Self.run("") { server, site in
            let size = 16 << 20
            try Data(repeating: UInt8(ascii: "a"), count: size).write(to: URL(fileURLWithPath: site.file("big")))
            let client = try await server.connect(reads: false)
            try await client.send("GET /big HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            // The server has filled what it may by the time that others were served.
            for _ in 0..<20 { _ = try await server.get("/a.txt") }
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: site.file("big")))
            try file.seek(toOffset: UInt64(size / 2))
            try file.write(contentsOf: Data(repeating: UInt8(ascii: "b"), count: size / 2))
            try file.close()
            try await client.startReading()
            try await client.wait(.seconds(180)) { _, isClosed in isClosed }
            let body = client.bytes.suffix(size)
            #expect(body.count == size && body.prefix(size / 2).allSatisfy { $0 == UInt8(ascii: "a") })
            #expect(body.suffix(size / 2).allSatisfy { $0 == UInt8(ascii: "b") })
        }
    }

    @Test func `a file is read in pieces`() {
        var pieces: [Range<Int>] = []
        var parts: ArraySlice<FileTransfer.Part> = [.file(10..<300_000), .bytes([1]), .file(5..<6)]
        while let part = FileTransfer.piece(of: &parts) { if case .file(let range) = part { pieces.append(range) } }
        #expect(pieces == [10..<131_082, 131_082..<262_154, 262_154..<300_000, 5..<6])
    }

    @Test func `a file that shrinks ends the connection`() async throws {
        try await Self.run("") { server, site in
            try Data(count: 32 << 20).write(to: URL(fileURLWithPath: site.file("big")))
            let client = try await server.connect(reads: false)
            try await client.send("GET /big HTTP/1.1\r\nHost: t\r\n\r\n")
            // More is left of it than the system takes while the client does not read.
            try await server.wait("a file that is being sent") { hub in
                hub.connections.contains { connection in
                    if case .sendingFile = connection.state { connection.unsentBytes > 0 } else { false }
                }
            }
            truncate(site.file("big"), 0)
            // The end may have come by then.
            try? await client.startReading()
            try await client.wait(.seconds(180)) { _, isClosed in isClosed }
        }
    }

    @Test func `no file is served without a root, and the log tells of missing ones`() async throws {
        try await TestEngine.run(http: "server { listen %PORT%; location / { } }") { server in
            let answer = try await server.get("/")
            #expect(answer.hasPrefix("HTTP/1.1 404 "))
        }
        let folder = try TemporaryDirectory()
        let log = try ErrorLog(.file(folder.file("error.log")))
        let http = "server { listen %PORT%; root \(folder.path); location /quiet/ { log_not_found off; } }"
        try await TestEngine.run(http: http, log: log) { server in
            for path in ["/quiet/none", "/none"] {
                let answer = try await server.get(path)
                #expect(answer.hasPrefix("HTTP/1.1 404 "), "\(path)")
            }
        }
        let text = try folder.read("error.log")
        #expect(
            text.contains("path: \(folder.path)/none, reason: open() failed (2: No such file or directory), client: 127.0.0.1"))
        #expect(!text.contains("quiet"))
    }
}
