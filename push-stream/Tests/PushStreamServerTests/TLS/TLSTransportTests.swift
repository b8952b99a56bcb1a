import Foundation
import NIOCore
import NIOSSL
import PushStreamCore
import PushTestSupport
import Testing

@testable import PushStreamServer

/// What holds over plain connections holds over TLS 1.3 and 1.2.
@Suite struct TLSTransportTests {
    private let certificate: TestCertificate

    init() async throws { certificate = try await TestCertificate() }

    private func run(
        _ version: TLSVersion = .tlsv13, directives: String = "",
        _ body: (TLSEngine, NIOSSLContext) async throws -> Void
    ) async throws {
        let trust = try TLSEngine.trust(certificate) { $0.maximumTLSVersion = version }
        let server = "server { listen 127.0.0.1:0 ssl; \(TLSEngine.pair(certificate)) %LOCATIONS% }"
        try await TLSEngine.run(directives + server) { try await body($0, trust) }
    }

    @Test(arguments: [TLSVersion.tlsv12, .tlsv13])
    func `one publish reaches a subscriber of every transport`(version: TLSVersion) async throws {
        try await run(version) { server, trust in
            let stream = try await server.subscribe("/sub/a", trust)
            let events = try await server.subscribe("/ev/a", trust)
            let several = try await server.subscribe("/ev/a/b", trust)
            let socket = try await server.subscribe("/ws/a", trust, fields: TestEngine.webSocketFields)
            let poll = try await server.connect(trust)
            try await poll.send("GET /lp/a HTTP/1.1\r\nHost: t\r\n\r\n")
            try await server.wait(forMetric: #"push_stream_subscribers{mode="long-polling"} 1"#, trust)
            try await server.publish("hello", to: "a", trust)
            for client in [stream, events, several, socket, poll] { try await client.wait(for: "<hello>") }
            let polling = try await server.get("/poll/a.b1", trust)
            #expect(polling.contains("<hello>"))
            // The long poll's connection serves the next one.
            poll.clear()
            try await poll.send("GET /lp/a HTTP/1.1\r\nHost: t\r\nIf-None-Match: W/9\r\n\r\n")
            try await server.wait(forMetric: #"push_stream_subscribers{mode="long-polling"} 1"#, trust)
            try await server.publish("again", to: "a", trust)
            for client in [stream, events, several, socket, poll] { try await client.wait(for: "<again>") }
        }
    }

    @Test func `pipelined requests are answered in order`() async throws {
        try await run { server, trust in
            let client = try await server.connect(trust)
            let texts = (0..<50).map { String(repeating: "x", count: $0 * 400) + "." }
            try await client.send(
                texts.map { "POST /pub?id=p HTTP/1.1\r\nHost: t\r\nContent-Length: \($0.utf8.count)\r\n\r\n\($0)" }.joined())
            try await client.send("GET /poll/p HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            let answer = try await client.waitForClose()
            #expect(answer.components(between: "\"published_messages\": ", and: ",") == (1...50).map(String.init))
            #expect(client.errors.isEmpty)
        }
    }

    @Test func `a request in many pieces, and its subscriber's next request behind it`() async throws {
        try await run { server, trust in
            let client = try await server.connect(trust)
            for byte in "GET /ev/a HTTP/1.1\r\nHost: t\r\n\r\n".utf8 { try await client.send([byte]) }
            try await client.wait(for: "\r\n\r\n")
            try await server.publish("1", to: "a", trust)
            try await client.wait(for: "<1>")
        }
    }

    @Test func `redirects lead to an encrypted address`() async throws {
        let site = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: site.file("folder"), withIntermediateDirectories: true)
        let trust = try TLSEngine.trust(certificate)
        let server = """
            server {
              listen 127.0.0.1:0 ssl; \(TLSEngine.pair(certificate)) root \(site.path);
              location = /moved { return 301 /there?a; }
              location = /away { return 302 http://other/; }
            }
            """
        try await TLSEngine.run(server) { server async throws in
            let address = "\r\nLocation: https://t:\(server.ports[0])"
            #expect(try await server.get("/moved", trust).contains("\(address)/there?a\r\n"))
            #expect(try await server.get("/folder", trust).contains("\(address)/folder/\r\n"))
            #expect(try await server.get("/away", trust).contains("\r\nLocation: http://other/\r\n"))
        }
        #expect(RespondHandler.origin("t", port: 443, isEncrypted: true) == "https://t")
        #expect(RespondHandler.origin("t", port: 80, isEncrypted: true) == "https://t:80")
        #expect(RespondHandler.origin("t", port: 443, isEncrypted: false) == "http://t:443")
        #expect(RespondHandler.origin("t", port: 80, isEncrypted: false) == "http://t")
        #expect(RespondHandler.origin("t", port: nil, isEncrypted: true) == "https://t")
    }

    @Test func `web socket frames go both ways`() async throws {
        try await run { server, trust in
            let socket = try await server.subscribe("/ws/a", trust, fields: TestEngine.webSocketFields)
            // "hi" in two fragments with a ping between them, each with a mask of zeros.
            try await socket.send([0x01, 0x81, 0, 0, 0, 0, 0x68])
            try await socket.send([0x89, 0x81, 0, 0, 0, 0, 0x21, 0x80, 0x81, 0, 0, 0, 0, 0x69])
            try await socket.wait(for: "<hi>")
            #expect(socket.bytes.contains([0x8A, 1, 0x21]))
            // More than a record holds.
            let long = String(repeating: "y", count: 50_000)
            try await server.publish(long, to: "a", trust)
            try await socket.wait(for: "<\(long)>")
            try await socket.send([0x88, 0x80, 0, 0, 0, 0])
            try await socket.waitForClose()
            #expect(socket.bytes.suffix(2) == [0x88, 0])
            #expect(socket.errors.isEmpty)
        }
    }

    @Test func `a stream ends with its footer and the end of the encryption`() async throws {
        try await run { server, trust in
            let stream = try await server.subscribe("/sub/a", trust)
            let poll = try await server.connect(trust)
            try await poll.send("GET /lp/a HTTP/1.1\r\nHost: t\r\n\r\n")
            try await server.wait(forMetric: #"push_stream_subscribers{mode="long-polling"} 1"#, trust)
            await server.engine.shutdown(gracePeriod: .seconds(8))
            try await stream.waitForClose()
            #expect(stream.text.contains("bye"))
            try await poll.waitForClose()
            // NIOSSL reports an end that was not announced.
            #expect(stream.errors.isEmpty && poll.errors.isEmpty)
        }
    }

    @Test func `clients that vanish are forgotten`() async throws {
        try await run { server, trust in
            let streams = try await (0..<5).asyncMap { _ in try await server.subscribe("/ev/a", trust) }
            try await server.wait(forMetric: #"push_stream_subscribers{mode="eventsource"} 5"#, trust)
            for (index, client) in streams.enumerated() {
                if index % 2 == 0 { try await client.reset() } else { await client.close() }
            }
            try await server.wait(forMetric: #"push_stream_subscribers{mode="eventsource"} 0"#, trust)
        }
    }

    /// Encrypted bytes that wait count like plain ones.
    @Test func `subscribers that do not read are bounded and a healthy one gets everything`() async throws {
        try await run(directives: "push_stream_subscriber_queue_size 64k;") { server, trust in
            let healthy = try await server.subscribe("/ev/a", trust)
            let slow = try await (0..<500).asyncMap { _ in
                let client = try await RawClient(port: server.ports[0], receiveBuffer: 4096, tls: trust, name: "localhost")
                try await client.send("GET /ev/a HTTP/1.1\r\nHost: t\r\n\r\n")
                try await client.wait(for: "\r\n\r\n")
                try await client.stopReading()
                return client
            }
            let publisher = try await server.connect(trust)
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
            try await server.publish("last", to: "a", trust)
            let received = try await healthy.wait(for: "<last>")
            #expect(Array(received.utf8).occurrences(of: Array("<xxx".utf8)) == sent)
            try await server.wait(forMetric: #"push_stream_subscribers_disconnected_total{reason="slow"} 500"#, trust)
            for client in slow { await client.close() }
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
