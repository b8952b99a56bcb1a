import NIOCore
import PushStreamCore
import Testing

@testable import PushStreamServer

@Suite struct StressTests {
    /// Publishers on their own connections, subscribers that come and go on two loops: each gets every message of its channel
    /// from its start on, in the order of the ids, none twice.
    @Test func concurrentPublishersAndSubscribersLoseAndRepeatNothing() async throws {
        let channels = 5
        let publishers = 8
        let each = 200
        try await TestEngine.run({
            $0.loops = 2; $0.store.maxMessagesPerChannel = nil
        }) { server in
            var early: [RawClient] = []
            for index in 0..<channels * 2 {
                early.append(try await server.subscribe("/ev/c\(index % channels)", started: ": \n"))
            }
            let all = try await server.subscribe("/ev/c0/c1/c2/c3/c4", started: ": \n")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for publisher in 0..<publishers {
                    group.addTask { try await Self.publish(publisher, each: each, channels: channels, server) }
                }
                // Late ones start from all that is stored, in the middle of the publishing.
                for index in 0..<20 {
                    group.addTask {
                        let client = try await server.subscribe("/ev/c\(index % channels).b100000", started: ": \n")
                        try await Self.check(client, count: publishers * each / channels)
                    }
                }
                try await group.waitForAll()
            }
            for client in early { try await Self.check(client, count: publishers * each / channels) }
            let total = publishers * each
            try await all.wait(.seconds(180)) { bytes, _ in bytes.occurrences(of: Array("\"eventid\"".utf8)) >= total }
            // Every publisher's messages are in its own order over all channels.
            let texts = TransportTests.texts(all.text)
            for publisher in 0..<publishers {
                let own = texts.filter { $0.hasPrefix("p\(publisher)-") }
                #expect(own == (0..<each).map { "p\(publisher)-\($0)" })
            }
        }
    }

    private static func publish(_ publisher: Int, each: Int, channels: Int, _ server: TestEngine) async throws {
        let client = try await server.connect()
        for first in stride(from: 0, to: each, by: 20) {
            client.clear()
            var requests = ""
            for index in first..<(first + 20) {
                let text = "p\(publisher)-\(index)"
                requests +=
                    "POST /pub?id=c\((publisher + index) % channels) HTTP/1.1\r\nHost: t\r\n"
                    + "Content-Length: \(text.utf8.count)\r\n\r\n\(text)"
            }
            try await client.send(requests)
            try await client.wait(.seconds(180)) { bytes, _ in bytes.occurrences(of: Array("\"published_messages\"".utf8)) == 20 }
        }
        await client.close()
    }

    private static func check(_ client: RawClient, count: Int) async throws {
        let text = try await client.wait(.seconds(180)) { bytes, _ in bytes.occurrences(of: Array("\"eventid\"".utf8)) >= count }
        #expect(text.components(between: "{\"id\":", and: ",") == (1...count).map(String.init))
        await client.close()
    }
}
