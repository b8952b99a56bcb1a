import NIOCore
import PushStreamCore
import PushTestSupport
import Testing

@testable import PushStreamServer

/// Clients that take their time to read get what they have asked for, and those that do not read end. Time passes only where a test
/// says so.
@Suite struct SlowReaderTests {
    private static func history(_ server: TestEngine, fields: String = "") async throws -> RawClient {
        try await server.fill("a", count: 400)
        let client = try await server.connect(reads: false)
        try await client.send("GET /poll/a.b400 HTTP/1.1\r\nHost: t\r\n\(fields)\r\n")
        try await server.wait("an answer that waits") { $0.connections.contains { $0.unsentBytes > 0 } }
        return client
    }

    private static func isWhole(_ bytes: [UInt8]) -> Bool {
        bytes.count > 400 * TestEngine.fillSize && bytes.suffix(7).elementsEqual("\r\n0\r\n\r\n".utf8)
    }

    @Test func aConnectionDoesNotEndBeforeItsLastAnswerIsTaken() async throws {
        try await TestEngine.run({ $0.store.maxMessagesPerChannel = nil }) { server in
            let client = try await Self.history(server, fields: "Connection: close\r\n")
            _ = try await server.onLoop { $0.advance(by: ConnectionHandler.lingeringTime + 1000) }
            try await client.startReading()
            try await client.waitForClose(.seconds(180))
            let isWhole = Self.isWhole(client.bytes)
            #expect(isWhole)
        }
    }

    @Test func theTimeForTheNextRequestBeginsWithTheEndOfTheAnswer() async throws {
        try await TestEngine.run({ $0.store.maxMessagesPerChannel = nil }) { server in
            let client = try await Self.history(server)
            _ = try await server.onLoop { $0.advance(by: 50_000) }
            try await client.startReading()
            try await client.wait(.seconds(180)) { bytes, _ in Self.isWhole(bytes) }
            try await server.wait("an answer that is out") { $0.connections.allSatisfy { $0.unsentBytes == 0 } }
            // 75 seconds after the request, but not yet after the answer.
            _ = try await server.onLoop { $0.advance(by: 100_000) }
            client.clear()
            try await client.send("GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n")
            try await client.wait(for: "\r\n\r\nok")
            _ = try await server.onLoop { $0.advance(by: 180_000) }
            try await client.waitForClose()
        }
    }

    @Test(arguments: ["", "Connection: close\r\n"])
    func aClientThatTakesNothingIsCutOff(fields: String) async throws {
        try await TestEngine.run({
            $0.store.maxMessagesPerChannel = nil; $0.sendTimeout = 60_000
        }) { server in
            let client = try await Self.history(server, fields: fields)
            var rounds = 0
            // In the first rounds the system may still take a part for it.
            while try await server.onLoop({ $0.connections.isEmpty }) == false, rounds < 100 {
                rounds += 1
                let time = rounds * 61_000
                _ = try await server.onLoop { $0.advance(by: time) }
            }
            #expect(rounds < 100)
            await client.close()
        }
    }

    @Test func aStreamDoesNotEndBeforeItsLastBytesAreTaken() async throws {
        try await TestEngine.run({ $0.store.maxMessagesPerChannel = nil }) { server in
            try await server.fill("a", count: 400)
            let client = try await server.connect(reads: false)
            try await client.send("GET /ev/a.b400 HTTP/1.1\r\nHost: t\r\n\r\n")
            try await server.waitForSubscribers(1)
            _ = try await server.onLoop { hub in
                hub.delete("a")
                hub.deliver()
                hub.advance(by: ConnectionHandler.lingeringTime + 1000)
            }
            try await client.startReading()
            try await client.waitForClose(.seconds(180))
            let isWhole = Self.isWhole(client.bytes)
            #expect(isWhole)
            #expect(String(decoding: client.bytes.suffix(300), as: UTF8.self).contains("Channel deleted"))
        }
    }

    @Test func aStreamThatHasEndedAndIsNotTakenIsCutOff() async throws {
        try await TestEngine.run({
            $0.store.maxMessagesPerChannel = nil; $0.sendTimeout = 60_000
        }) { server in
            try await server.fill("a", count: 400)
            let client = try await server.connect(reads: false)
            try await client.send("GET /ev/a.b400 HTTP/1.1\r\nHost: t\r\n\r\n")
            try await server.waitForSubscribers(1)
            let left = try await server.onLoop { hub in
                hub.delete("a")
                hub.deliver()
                let before = hub.sockets.count
                hub.advance(by: 61_000)
                return [before, hub.sockets.count]
            }
            #expect(left == [1, 0])
            await client.close()
        }
    }

    /// Each request is read alone, so that no single read brings much.
    @Test func aClientThatTakesNoAnswersCanAskForNoMore() async throws {
        let queueSize = 256 * 1024
        try await TestEngine.run({ $0.queueSize = queueSize }) { server in
            try await server.fill("a", count: 1)
            let client = try await server.connect(reads: false)
            var sent = 0
            while sent < 500, try await server.onLoop({ $0.connections.first?.isPaused ?? false }) == false {
                sent += 1
                let number = sent
                try await client.send("GET /poll/a.b1 HTTP/1.1\r\nHost: t\r\n\r\n")
                try await server.wait("a request that was read") { $0.connections.first?.requests == number }
            }
            #expect(sent < 500)
            let waiting = try #require(try await server.onLoop { $0.connections.first?.unsentBytes } ?? nil)
            #expect(waiting > queueSize && waiting < queueSize + 2 * TestEngine.fillSize)
            // What it sends meanwhile stays with the system.
            for _ in sent..<500 { try await client.send("GET /poll/a.b1 HTTP/1.1\r\nHost: t\r\n\r\n") }
            #expect(try await server.onLoop { $0.connections.first?.requests } == sent)
            try await client.startReading()
            let (answers, size) = (TextSearch("HTTP/1.1 200 OK"), 500 * TestEngine.fillSize)
            try await client.wait(.seconds(180)) { bytes, _ in answers.count(in: bytes) == 500 && bytes.count > size }
        }
    }

    /// Messages of one tick for a subscriber of several channels are put together, but not without end.
    @Test func whatOneTickGathersForASubscriberIsBounded() async throws {
        try await TestEngine.run({
            $0.queueSize = 64 * 1024; $0.store.maxMessagesPerChannel = 1
        }) { server in
            let stuck = try await server.connect(reads: false)
            try await stuck.send("GET /ev/a/b HTTP/1.1\r\nHost: t\r\n\r\n")
            try await server.waitForSubscribers(1)
            let left = try await server.onLoop { hub in
                for _ in 0..<1000 { hub.publish(String(repeating: "x", count: TestEngine.fillSize), to: "a") }
                hub.deliver()
                return hub.lists.count
            }
            #expect(left == 0)
            let metrics = try await server.get("/metrics")
            #expect(metrics.contains("push_stream_subscribers_disconnected_total{reason=\"slow\"} 1\n"))
        }
    }

    /// A stream behind an answer that waits stays with NIO. Messages that it was given in the tick of its end must not keep those of the
    /// next stream back.
    @Test func aStreamAfterOneThatEndedInTheMiddleOfATickGetsItsMessages() async throws {
        try await TestEngine.run({
            $0.queueSize = 1 << 30; $0.store.maxMessagesPerChannel = nil
        }) { server in
            try await server.fill("a", count: 400)
            let client = try await server.connect(reads: false)
            try await client.send(
                "GET /poll/a.b400 HTTP/1.1\r\nHost: t\r\n\r\nGET /sub/x HTTP/1.1\r\nHost: t\r\nLast-Event-ID: 5-0\r\n\r\n"
                    + "GET /ev/y/z HTTP/1.1\r\nHost: t\r\n\r\n")
            try await server.wait("a stream of NIO's") { $0.connections.first?.subscriber != nil }
            _ = try await server.onLoop { hub in
                hub.publish("first", to: "x", eventID: "6-0")
                hub.delete("x")
                hub.deliver()
                hub.publish("second", to: "y")
                hub.deliver()
            }
            try await client.startReading()
            try await client.wait(.seconds(180)) { bytes, _ in Array(bytes.suffix(300)).contains(Array("\"second\"".utf8)) }
            #expect(String(decoding: client.bytes.suffix(3000), as: UTF8.self).contains("\"first\""))
        }
    }
}
