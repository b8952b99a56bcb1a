import Foundation
import NIOCore
import NIOSSL
import PushStreamCore
import PushTestSupport
import Testing

@testable import PushStreamServer

/// Clients that end their side of the connection after their last request, as `nc -N` does.
@Suite struct HalfClosedClientTests {
    private static let size = 1 << 20

    private static func site() throws -> TemporaryDirectory {
        let site = try TemporaryDirectory()
        try site.write(String(repeating: "x", count: size - 3) + "end", to: "big.txt")
        return site
    }

    @Test func aFileArrivesWhole() async throws {
        let site = try Self.site()
        try await TestEngine.run(http: "server { listen %PORT%; root \(site.path); }") { server in
            let client = try await server.connect()
            try await client.send("GET /big.txt HTTP/1.1\r\nHost: t\r\n\r\nHEAD /big.txt HTTP/1.1\r\nHost: t\r\n\r\n")
            try await client.closeOutput()
            let answer = try await client.waitForClose()
            #expect(answer.utf8.count > Self.size && String(answer.suffix(2000)).contains("xend"))
            #expect(answer.components(separatedBy: "HTTP/1.1 200 OK").count == 3)
        }
    }

    @Test func answersThatWaitArriveAllTheSame() async throws {
        try await TestEngine.run({ $0.queueSize = 256 * 1024 }) { server in
            try await server.fill("a", count: 20)
            let client = try await server.connect(reads: false)
            for _ in 0..<20 { try await client.send("GET /poll/a.b20 HTTP/1.1\r\nHost: t\r\n\r\n") }
            try await client.closeOutput()
            try await server.wait("a client that has ended its side") { $0.connections.first?.hasInputEnded == true }
            try await client.startReading()
            try await client.waitForClose(.seconds(180))
            let bytes = client.bytes
            let answers = bytes.occurrences(of: Array("HTTP/1.1 200 OK".utf8))
            #expect(answers == 20 && bytes.count > 400 * TestEngine.fillSize)
            try await server.wait("no connection") { $0.connectionCount == 0 }
        }
    }

    @Test func whoeverSaysNothingMoreIsClosed() async throws {
        try await TestEngine.run { server in
            let requests = [
                "", "GET / HTTP/1.1\r\nHos", "POST /pub?id=a HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nab",
                "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n",
                "POST /pub?id=a HTTP/1.1\r\nHost: t\r\nContent-Length: 99999\r\n\r\nab",
            ]
            for request in requests {
                let client = try await server.connect()
                try await client.send(request)
                // Some are closed by the server before.
                try? await client.closeOutput()
                let answer = try await client.waitForClose()
                #expect(answer.hasSuffix("ok") == request.contains("/healthz"), "\(request)")
            }
            let summary = try await server.get("/stats")
            #expect(summary.contains("\"published_messages\": 0"))
        }
    }

    /// As with nginx, whose subscribers are gone when they end their side.
    @Test(arguments: [("/lp/a", ""), ("/ev/a", ""), ("/sub/a/b", ""), ("/ws/a", TestEngine.webSocketFields)])
    func aSubscriberIsGone(target: String, fields: String) async throws {
        try await TestEngine.run { server in
            let client = try await server.connect()
            try await client.send("GET \(target) HTTP/1.1\r\nHost: t\r\n\(fields)\r\n")
            try await server.waitForSubscribers(1)
            try await client.closeOutput()
            try await client.waitForClose()
            try await server.waitForSubscribers(0)
        }
    }

    @Test(arguments: [TLSVersion.tlsv12, .tlsv13])
    func anEncryptedAnswerArrivesWholeAfterTheClientsGoodbye(version: TLSVersion) async throws {
        let site = try Self.site()
        let certificate = try await TestCertificate()
        let trust = try TLSEngine.trust(certificate) { $0.maximumTLSVersion = version }
        try await TLSEngine.run("server { listen 127.0.0.1:0 ssl; \(TLSEngine.pair(certificate)) root \(site.path); }") {
            server in
            let client = try await server.connect(trust)
            try await client.send("GET /big.txt HTTP/1.1\r\nHost: t\r\n\r\n")
            try await client.closeOutput()
            let answer = try await client.waitForClose()
            #expect(answer.utf8.count > Self.size && String(answer.suffix(4)) == "xend")
            #expect(client.errors.isEmpty)
        }
    }
}
