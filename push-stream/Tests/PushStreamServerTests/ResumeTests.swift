import NIOCore
import PushStreamCore
import Testing

@testable import PushStreamServer

/// push-stream was started anew, its subscribers came back, and push-agent fills it again: the same messages in their order, with the
/// event ids that they had.
@Suite struct ResumeTests {
    /// What the agent sends over its connection, several at once.
    private static func refill(_ server: TestEngine, _ messages: [(channel: String, eventID: String?)]) async throws {
        let agent = try await server.connect()
        var requests = ""
        for (channel, eventID) in messages {
            let text = "m\(eventID ?? "none")"
            requests +=
                "POST /pub?id=\(channel) HTTP/1.1\r\nHost: t\r\n\(eventID.map { "Event-Id: \($0)\r\n" } ?? "")"
                + "Content-Length: \(text.utf8.count)\r\n\r\n\(text)"
        }
        try await agent.send(requests)
        try await agent.wait { bytes, _ in bytes.occurrences(of: Array("\"published_messages\"".utf8)) == messages.count }
        await agent.close()
    }

    private static func ids(_ range: ClosedRange<Int>, of channel: String) -> [(channel: String, eventID: String?)] {
        range.map { (channel, "\($0)-0") }
    }

    /// Who takes messages another way than the common one.
    private struct Ordered: Equatable {
        var isCatchingUp: Bool
        /// Places in lists of subscribers.
        var places: Int
    }

    private static func ordered(_ server: TestEngine) async throws -> Ordered {
        try await server.engine.onLoops { hub in
            Ordered(isCatchingUp: !hub.resumes.isEmpty, places: hub.lists.values.map(\.orderedCount).reduce(0, +))
        }[0]
    }

    @Test(arguments: ["ev", "sub", "ws"])
    func aStreamThatResumesWhileTheStoreIsFilledGetsOnlyWhatIsNew(transport: String) async throws {
        try await TestEngine.run { server in
            let fields = (transport == "ws" ? TestEngine.webSocketFields : "") + "Last-Event-ID: 5-0\r\n"
            let early = try await server.subscribe("/\(transport)/a", fields: fields)
            let live = try await server.subscribe("/\(transport)/a", fields: transport == "ws" ? TestEngine.webSocketFields : "")
            try await server.waitForSubscribers(2)
            #expect(try await Self.ordered(server) == Ordered(isCatchingUp: true, places: 1))

            try await Self.refill(server, Self.ids(1...3, of: "a"))
            let middle = try await server.subscribe("/\(transport)/a", fields: fields)
            try await server.waitForSubscribers(3)
            #expect(try await Self.ordered(server) == Ordered(isCatchingUp: true, places: 2))
            // In one piece, so that the first new one comes in the same tick as others.
            try await Self.refill(server, Self.ids(4...8, of: "a"))
            for client in [early, middle] {
                try await client.wait(for: "\"m8-0\"")
                #expect(TransportTests.texts(client.text) == ["m6-0", "m7-0", "m8-0"])
            }
            try await live.wait(for: "\"m8-0\"")
            #expect(TransportTests.texts(live.text) == (1...8).map { "m\($0)-0" })

            // They have caught up and take messages as all others do.
            #expect(try await Self.ordered(server) == Ordered(isCatchingUp: false, places: 0))
            let late = try await server.subscribe("/\(transport)/a", fields: fields)
            try await late.wait(for: "\"m8-0\"")
            #expect(try await Self.ordered(server) == Ordered(isCatchingUp: false, places: 0))
            // From now on nothing is left out, whatever id it has.
            try await Self.refill(server, [("a", "9-0"), ("a", "2-0")])
            for client in [early, middle, late] {
                try await client.wait(for: "\"m2-0\"")
                #expect(TransportTests.texts(client.text) == ["m6-0", "m7-0", "m8-0", "m9-0", "m2-0"])
                await client.close()
            }
            await live.close()
        }
    }

    @Test func aStreamOfTwoChannelsResumesInBoth() async throws {
        try await TestEngine.run { server in
            let client = try await server.subscribe("/ev/a/b", fields: "Last-Event-ID: 5-0\r\n", started: ": \n")
            try await server.waitForSubscribers(1)
            // What has no such id is no message of the agent.
            try await Self.refill(
                server, [("a", "1-0"), ("b", "4-7"), ("a", nil), ("a", "5-0"), ("b", "5-1"), ("a", "6-0"), ("b", nil)])
            try await client.wait { bytes, _ in bytes.occurrences(of: Array("\"mnone\"".utf8)) == 2 }
            #expect(TransportTests.texts(client.text) == ["mnone", "m5-1", "m6-0", "mnone"])
            #expect(try await Self.ordered(server) == Ordered(isCatchingUp: false, places: 2))
            await client.close()
        }
    }

    @Test func aLongPollThatResumesWaitsForWhatIsNew() async throws {
        try await TestEngine.run { server in
            let client = try await server.connect()
            try await client.send("GET /lp/a HTTP/1.1\r\nHost: t\r\nLast-Event-ID: 5-0\r\n\r\n")
            try await server.waitForSubscribers(1)
            try await Self.refill(server, Self.ids(1...5, of: "a"))
            try await server.waitForSubscribers(1)
            #expect(client.bytes.isEmpty)
            try await Self.refill(server, Self.ids(6...7, of: "a"))
            try await client.wait(for: "0\r\n\r\n")
            #expect(TransportTests.texts(client.text) == ["m6-0"])
            #expect(try await Self.ordered(server) == Ordered(isCatchingUp: false, places: 0))
            await client.close()
        }
    }

    /// A subscriber may go, or lose its channel, before it has caught up.
    @Test func whoLeavesBeforeItHasCaughtUpLeavesNothingBehind() async throws {
        try await TestEngine.run { server in
            let first = try await server.subscribe("/ev/a", fields: "Last-Event-ID: 5-0\r\n", started: ": \n")
            let second = try await server.subscribe("/ev/b", fields: "Last-Event-ID: 5-0\r\n", started: ": \n")
            try await server.waitForSubscribers(2)
            await first.close()
            _ = try await server.exchange("DELETE /pub?id=b HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            try await server.waitForSubscribers(0)
            #expect(try await Self.ordered(server) == Ordered(isCatchingUp: false, places: 0))
            await second.close()
        }
    }

    /// One that reads slowly has bytes waiting when it has caught up.
    @Test func aSlowClientThatCatchesUpGetsEverythingInOrder() async throws {
        try await TestEngine.run({
            $0.store.maxMessagesPerChannel = nil
            $0.maxBodySize = 1 << 20
            $0.queueSize = 16 << 20
        }) { server in
            let client = try await server.connect(reads: false)
            try await client.send("GET /ev/a HTTP/1.1\r\nHost: t\r\nLast-Event-ID: 5-0\r\n\r\n")
            try await server.waitForSubscribers(1)
            let large = String(repeating: "x", count: 200_000)
            for number in 4...30 { try await server.publish(large, to: "a", eventID: "\(number)-0") }
            #expect(try await Self.ordered(server) == Ordered(isCatchingUp: false, places: 0))
            try await client.startReading()
            // Only the end of so much is looked at again and again.
            try await client.wait { bytes, _ in Array(bytes.suffix(300)).contains(Array("\"30-0\"".utf8)) }
            try await server.publish("end", to: "a", eventID: "31-0")
            try await client.wait { bytes, _ in Array(bytes.suffix(300)).contains(Array("\"31-0\"".utf8)) }
            #expect(client.text.components(between: "\"eventid\":\"", and: "\"") == (6...31).map { "\($0)-0" })
            await client.close()
        }
    }
}
