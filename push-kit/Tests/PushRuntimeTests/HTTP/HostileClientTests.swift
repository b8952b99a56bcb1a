import Foundation
import Hummingbird
import NIOCore
import PushRuntime
import Testing

private func routes(_ router: Router<BasicRequestContext>) {
    router.get("ok") { _, _ in "fine" }
    router.get("items/{id}") { _, context in context.parameters.get("id") ?? "" }
    router.post("echo") { request, _ in Response(status: .ok, body: .init(byteBuffer: try await request.body.collect(upTo: 1000)))
    }
    router.post("deaf") { _, _ in Response(status: .noContent) }
    router.get("large") { _, _ in String(repeating: "compress me ", count: 1000) }
}

/// Sends bytes, reads until the server closes, and checks that the server still serves others.
private func exchange(
    _ bytes: String, limits: HTTPServerLimits = .patient, halfClose: Bool = false
) async throws -> String {
    try await withServer(limits: limits, routes) { port in
        let answer = try await RawConnection.with(port: port) { connection in
            try? await connection.send(bytes)
            if halfClose { connection.closeOutput() }
            return await connection.readToEnd()
        }
        // The limits are this client's too: on a busy machine it may need another attempt.
        var healthy = ""
        for _ in 0..<50 where !healthy.hasPrefix("HTTP/1.1 200 OK") {
            healthy = try await RawConnection.with(port: port) { connection in
                try? await connection.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n")
                return (try? await connection.readResponse()) ?? ""
            }
        }
        #expect(healthy.hasPrefix("HTTP/1.1 200 OK"))
        return answer
    }
}

/// Tries a limit of 200 ms, and longer ones until the answer is the wanted one.
private func firstAnswer(
    after limit: WritableKeyPath<HTTPServerLimits, TimeAmount>, _ ask: (HTTPServerLimits) async throws -> String,
    isWanted: (String) -> Bool
) async throws -> String {
    var limits = HTTPServerLimits.patient
    var answer = ""
    for milliseconds: Int64 in [200, 1000, 5000, 20_000] {
        limits[keyPath: limit] = .milliseconds(milliseconds)
        answer = try await ask(limits)
        if isWanted(answer) { break }
    }
    return answer
}

private func status(_ answer: String) -> Int? { answer.split(separator: " ").dropFirst().first.flatMap { Int($0) } }

@Suite struct HeaderLimitTests {
    @Test func longHeaderLine() async throws {
        let answer = try await exchange("GET /ok HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 65_536))\r\n\r\n")
        #expect(status(answer) == 431)
        #expect(answer.contains("Connection: close"))
        #expect(answer.hasSuffix(#"{"code":431,"message":"Request Header Fields Too Large"}"#))
    }

    @Test func manyHeaders() async throws {
        let headers = (0..<10_000).map { "X-\($0): y\r\n" }.joined()
        #expect(status(try await exchange("GET /ok HTTP/1.1\r\nHost: a\r\n\(headers)\r\n")) == 431)
    }

    @Test func endlessHeaderWithoutLineEnd() async throws {
        #expect(status(try await exchange("GET /ok HTTP/1.1\r\nX: \(String(repeating: "x", count: 5_000_000))")) == 431)
    }

    @Test func longTarget() async throws {
        let answer = try await exchange("GET /\(String(repeating: "x", count: 65_536)) HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(status(answer) == 431)
    }

    @Test func headersBelowTheLimits() async throws {
        let headers = (0..<80).map { "X-\($0): \(String(repeating: "y", count: 100))\r\n" }.joined()
        #expect(status(try await exchange("GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(headers)\r\n")) == 200)
    }
}

@Suite struct MalformedRequestTests {
    @Test(arguments: [
        "garbage\r\n\r\n", "GET\r\n\r\n", "GET /ok HTTP/1.1\r\nHost a\r\n\r\n", "GET /ok HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "GET /ok HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n",
    ]) func areAnsweredAndClosed(_ request: String) async throws {
        let code = try #require(status(try await exchange(request)))
        #expect((400..<500).contains(code), "\(code)")
    }

    @Test func badChunkSize() async throws {
        let answer = try await exchange(
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n")
        #expect(status(answer) == 400)
        #expect(answer.hasSuffix(#"{"code":400,"message":"The request is malformed or incomplete"}"#))
    }

    @Test(arguments: [
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhello", "GET /ok HTTP/1.1\r\nHost",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
    ]) func truncated(_ request: String) async throws {
        let answer = try await exchange(request, halfClose: true)
        #expect(answer.isEmpty || status(answer) == 400, "\(answer)")
        #expect(!answer.contains(" 200 "))
    }

    @Test func oversizeBody() async throws {
        let answer = try await exchange(
            "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n"
                + String(repeating: "x", count: 100_000))
        #expect(status(answer) == 413)
    }

    @Test(arguments: ["FOO", "BREW", "get"]) func unknownMethods(_ method: String) async throws {
        let answer = try await exchange("\(method) /ok HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(status(answer) == 405)
        #expect(answer.lowercased().contains("allow: delete, get"))
    }

    @Test func knownMethodsOnOtherPaths() async throws {
        for method in ["PUT", "PROPFIND", "TRACE", "SOURCE", "M-SEARCH", "QUERY"] {
            let answer = try await exchange("\(method) /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            #expect(status(answer) == 405, "\(method)")
            #expect(answer.lowercased().contains("allow: "))
        }
    }

    @Test(arguments: [
        ("GET http://example.com/ok HTTP/1.1", 200), ("GET http://example.com/ok?x=1 HTTP/1.1", 200),
        ("GET http://example.com HTTP/1.1", 404),
        ("GET /items/%ff%fe HTTP/1.1", 200), ("GET /items/%zz HTTP/1.1", 200), ("GET //ok HTTP/1.1", 200),
        ("GET /../ok HTTP/1.1", 404),
        ("OPTIONS * HTTP/1.1", 404), ("GET /ok#frag HTTP/1.1", 404),
    ]) func targets(_ line: String, _ expected: Int) async throws {
        let answer = try await exchange("\(line)\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(status(answer) == expected, "\(line): \(answer)")
    }

    @Test func rawBytesInThePath() async throws {
        try await withServer(routes) { port in
            let answer = try await RawConnection.with(port: port) { connection in
                try await connection.send(
                    Array("GET /items/".utf8) + [0xFF, 0xFE, 0xC0]
                        + Array(" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8))
                return await connection.readToEnd()
            }
            let code = try #require(status(answer))
            #expect(code == 200 || (400..<500).contains(code))
        }
    }

    @Test func connectAndUpgrade() async throws {
        let connect = try await exchange("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", halfClose: true)
        #expect(try (400..<500).contains(#require(status(connect))), "\(connect)")
        let upgrade = try await exchange(
            "GET /ok HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", halfClose: true)
        #expect(status(upgrade) == 200)
    }
}

@Suite struct ConnectionTests {
    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        let requests = (0..<50).map { "GET /items/\($0) HTTP/1.1\r\nHost: a\r\n\($0 == 49 ? "Connection: close\r\n" : "")\r\n" }
            .joined()
        let answer = try await exchange(requests)
        let bodies = answer.components(separatedBy: "HTTP/1.1 200 OK").dropFirst().map {
            $0.components(separatedBy: "\r\n\r\n")[1]
        }
        #expect(bodies == (0..<50).map(String.init))
    }

    @Test func garbageBehindPipelinedRequests() async throws {
        let answer = try await exchange(
            "GET /items/1 HTTP/1.1\r\nHost: a\r\n\r\nGET /items/2 HTTP/1.1\r\nHost: a\r\n\r\n\u{1}garbage\r\n\r\n")
        #expect(answer.components(separatedBy: "HTTP/1.1 200 OK").count == 3)
        let last = try #require(answer.components(separatedBy: "HTTP/1.1 ").last)
        #expect(last.hasPrefix("400 ") || last.hasPrefix("405 "), "\(last)")
    }

    @Test func http10ClosesByItself() async throws {
        let answer = try await exchange("GET /ok HTTP/1.0\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.0 200 OK") && answer.hasSuffix("fine"))
    }

    @Test func slowHeadersAreCutOff() async throws {
        var limits = HTTPServerLimits.patient
        limits.headTimeout = .milliseconds(200)
        #expect(try await exchange("GET /ok HTTP/1.1\r\nHost:", limits: limits) == "")
        #expect(try await exchange("", limits: limits) == "")
    }

    @Test func slowBodiesGet408() async throws {
        var limits = HTTPServerLimits.patient
        limits.bodyTimeout = .milliseconds(200)
        let answer = try await exchange("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhello", limits: limits)
        #expect(status(answer) == 408)
        // An answer that does not need the body goes out; a machine that has no time for it within the limit gets more.
        let deaf = try await firstAnswer(after: \.bodyTimeout) { limits in
            try await exchange("POST /deaf HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhello", limits: limits)
        } isWanted: {
            status($0) == 204
        }
        #expect(status(deaf) == 204)
    }

    @Test func idleConnectionsAreClosed() async throws {
        var limits = HTTPServerLimits.patient
        limits.idleTimeout = .milliseconds(200)
        let answer = try await exchange("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n", limits: limits)
        #expect(status(answer) == 200)
    }

    @Test func clientsThatDoNotReadAreCutOff() async throws {
        var limits = HTTPServerLimits.patient
        limits.writeTimeout = .milliseconds(300)
        let (failures, continuation) = AsyncStream.makeStream(of: Int.self)
        func huge(_ router: Router<BasicRequestContext>) {
            router.get("huge") { _, _ in
                Response(
                    status: .ok,
                    body: .init { writer in
                        for count in 0..<20_000 {
                            do {
                                try await writer.write(ByteBuffer(repeating: 0x61, count: 65_536))
                            } catch {
                                continuation.yield(count)
                                throw error
                            }
                        }
                        continuation.yield(20_000)
                        try await writer.finish(nil)
                    })
            }
        }
        try await withServer(limits: limits, huge) { port in
            // Reads nothing; 1.3 GB would never fit in the buffers between.
            let written = try await RawConnection.with(port: port) { connection in
                try await connection.send("GET /huge HTTP/1.1\r\nHost: a\r\n\r\n")
                return await failures.first { _ in true }
            }
            #expect(try #require(written) < 2000)
        }
    }

    @Test func connectionsAreBounded() async throws {
        var limits = HTTPServerLimits.patient
        limits.maximumConnections = 2
        try await withServer(limits: limits, routes) { port in
            let request = "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n"
            let waiting = try await RawConnection.with(port: port) { first in
                try await first.send(request)
                _ = try await first.readResponse()
                return try await RawConnection.with(port: port) { second in
                    try await second.send(request)
                    _ = try await second.readResponse()
                    // The third waits in the listen queue until one of the others goes.
                    return await
                        (try? withDeadline(.milliseconds(300)) {
                            try await RawConnection.with(port: port) { third in
                                try await third.send(request)
                                return try await third.readResponse()
                            }
                        }) ?? ""
                }
            }
            #expect(waiting == "")
            let after = try await RawConnection.with(port: port) { connection in
                try await connection.send(request)
                return try await connection.readResponse()
            }
            #expect(status(after) == 200)
        }
    }

    @Test func textIsCompressedForThoseWhoAsk() async throws {
        let plain = try await exchange("GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(plain.contains("compress me compress me"))
        #expect(plain.lowercased().contains("vary: accept-encoding"))
        let packed = try await exchange("GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept-Encoding: gzip\r\n\r\n")
        #expect(packed.lowercased().contains("content-encoding: gzip"))
        #expect(packed.utf8.count < 2000)
        let small = try await exchange("GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept-Encoding: gzip\r\n\r\n")
        #expect(small.hasSuffix("fine"))
    }

    @Test func floodsLeaveNoMemoryBehind() async throws {
        // A process of its own: in this one the other tests take memory meanwhile.
        let probe = try ProbeProcess("listen")
        let port = try #require(try await probe.waitForStart().split(separator: "\n").compactMap { Int($0) }.first)
        func flood() async throws {
            for _ in 0..<40 {
                let header = "GET /ok HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 1_000_000))"
                _ = try await RawConnection.with(port: port) { connection in
                    try? await connection.send(header)
                    return await connection.readToEnd()
                }
            }
        }
        try await flood()
        let before = try probe.residentBytes()
        try await flood()
        try await flood()
        // 80 MB were sent.
        #expect(try probe.residentBytes() - before < 64_000_000)
        probe.signal(SIGTERM)
        #expect(try await probe.ending().status == 0)
    }
}
