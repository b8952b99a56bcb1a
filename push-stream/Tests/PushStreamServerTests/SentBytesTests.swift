import Foundation
import PushTestSupport
import Testing

@testable import PushStreamServer

/// The metric of the bytes that subscribers get.
@Suite struct SentBytesTests {
    private static func counted(_ server: TestEngine) async throws -> Int {
        let line = try await server.get("/metrics").split(separator: "\n").first { $0.hasPrefix("push_stream_sent_bytes_total ") }
        return try #require(line?.split(separator: " ").last.flatMap { Int($0.trimmingCharacters(in: .whitespaces)) })
    }

    /// Bytes after the head of a client's response.
    private static func body(of client: RawClient) -> Int {
        let bytes = client.bytes
        let end = bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound ?? bytes.endIndex
        return bytes.endIndex - end
    }

    @Test func everyTransportIsCounted() async throws {
        try await TestEngine.run { server in
            #expect(try await Self.counted(server) == 0)
            try await server.publish("before", to: "a")
            let streams = [
                try await server.subscribe("/sub/a"), try await server.subscribe("/ev/a", started: ": \n"),
                try await server.subscribe("/ev/a/b", started: ": \n"),
                try await server.subscribe("/sub/a.b1", started: "\"before\""),
                try await server.subscribe("/ws/a.b1", fields: TestEngine.webSocketFields, started: "\"before\""),
            ]
            let poll = try await server.connect()
            try await poll.send("GET /lp/a HTTP/1.1\r\nHost: t\r\n\r\n")
            try await server.waitForSubscribers(6)
            try await server.publish("one", to: "a")
            try await server.publish("two", to: "a")
            for client in streams { try await client.wait(for: "\"two\"") }
            try await poll.wait(for: "0\r\n\r\n")
            let polled = try await server.connect()
            try await polled.send("GET /poll/a.b3 HTTP/1.1\r\nHost: t\r\n\r\n")
            try await polled.wait(for: "0\r\n\r\n")
            let counted = try await Self.counted(server)
            // The answer to a long poll is written whole, its head included.
            try await eventually("as many bytes as were counted") {
                (streams + [polled]).map(Self.body).reduce(poll.bytes.count, +) == counted
            }
        }
    }
}
