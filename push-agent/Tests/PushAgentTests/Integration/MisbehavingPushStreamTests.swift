import NIOCore
import NIOPosix
import PushModels
import PushTestSupport
import Synchronization
import Testing

@testable import PushAgent

@Suite("A push-stream that answers otherwise", .serialized) struct MisbehavingPushStreamTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    /// Publishes before and after the agent has connected, and waits until the position has passed all.
    ///
    /// - Returns: the entries' ids.
    private func deliver(
        _ harness: Harness, to server: RawPushStream, _ count: Int = 20, check: (RunningAgent, [String]) async throws -> Void
    ) async throws {
        let configuration = try harness.configuration { $0.pushStream = .tcp(host: "127.0.0.1", port: server.port) }
        var ids = try await harness.publish(Harness.messages(count, channels: 3))
        try await harness.withAgent(configuration) { agent in
            try await harness.waitForPosition(try #require(ids.last))
            ids += try await harness.publish(Harness.messages(count, channels: 3))
            try await harness.waitForPosition(try #require(ids.last))
            try await check(agent, ids)
        }
    }

    enum Shape: CaseIterable {
        /// As from an Nginx that stands before push-stream.
        case chunked
        case bytewise
        case chunkedBytewise
        case afterInterimAnswers
        case withoutContent
        case version10
    }

    @Test("Whatever form its answers have, each message is published once", arguments: Shape.allCases)
    func shapes(shape: Shape) async throws {
        let chunks = "Transfer-Encoding: chunked\r\n\r\n1;x=y\r\n{\r\n1\r\n}\r\n0\r\nTrailer: x\r\n\r\n"
        let react: @Sendable (RawPushStream.Request) -> RawPushStream.Answer = { request in
            let start = "HTTP/1.1 200 OK\r\n" + (request.isPublish ? "" : "X-PushService-Instance: life-1\r\n")
            switch shape {
            case .chunked: return .init(start + chunks)
            case .bytewise: return .bytewise(request.isPublish ? Self.ok : RawPushStream.statistics)
            case .chunkedBytewise: return .bytewise(start + chunks)
            case .afterInterimAnswers:
                return .init("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early", " Hints\r\nLink: x\r\n\r\n" + start + chunks)
            case .withoutContent:
                return .init(request.isPublish ? "HTTP/1.1 204 No Content\r\n\r\n" : RawPushStream.statistics)
            case .version10:
                let text = request.isPublish ? Self.ok : RawPushStream.statistics
                return .init(
                    "HTTP/1.0"
                        + text.dropFirst("HTTP/1.1".count).replacing(
                            "\r\n", with: "\r\nConnection: keep-alive\r\n", maxReplacements: 1))
            }
        }
        try await Harness.run { harness in
            let seen = Mutex<[String]>([])
            try await RawPushStream.run { request in
                if let id = request.eventID { seen.withLock { $0.append(id) } }
                return react(request)
            } _: { server in
                try await self.deliver(harness, to: server) { agent, ids in
                    #expect(seen.withLock(\.self) == ids)
                    #expect(server.connections == 1)
                    #expect(agent.metric("push_agent_delivered_total") == Double(ids.count))
                }
            }
        }
    }

    @Test(
        "An answer that cannot be trusted costs the connection, and the message is sent again",
        arguments: [
            .init("garbage\r\n"), .init("HTTP/1.1 200 OK\n\n"), .init("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
            .init("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"),
            .init("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
            .init("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
            .init("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 100_000)),
            .init("HTTP/1.1 200 O", closes: true), .init("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", closes: true),
            .init("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", closes: true), .init(closes: true),
        ] as [RawPushStream.Answer])
    func broken(answer: RawPushStream.Answer) async throws {
        try await Harness.run { harness in
            let answers = Mutex(0)
            try await RawPushStream.run { request in
                guard request.isPublish else { return .init(RawPushStream.statistics) }
                // The third publish of each of the first connections.
                if request.connection <= 2,
                    answers.withLock({
                        $0 += 1; return $0 % 3 == 0
                    })
                {
                    return answer
                }
                return .init(Self.ok)
            } _: { server in
                try await self.deliver(harness, to: server) { agent, ids in
                    #expect(server.connections >= 2)
                    #expect(agent.metric("push_agent_delivered_total") == Double(ids.count))
                    #expect(agent.metric("push_agent_refused_total") == 0)
                }
            }
        }
    }

    @Test("An answer without a length is over when the connection is") func untilEnd() async throws {
        try await Harness.run { harness in
            try await RawPushStream.run { request in
                if request.isPublish { return .init("HTTP/1.1 200 OK\r\n\r\nok", closes: request.connection < 5) }
                return .init(RawPushStream.statistics)
            } _: { server in
                // The fifth connection's answer never ends, so only its silence does.
                let configuration = try harness.configuration {
                    $0.pushStream = .tcp(host: "127.0.0.1", port: server.port)
                    $0.pushStreamTimeout = .seconds(5)
                }
                let ids = try await harness.publish(Harness.messages(5, channels: 1))
                try await harness.withAgent(configuration) { agent in
                    try await harness.waitForPosition(ids[3])
                    try await eventually("the next connection") { server.connections > 5 }
                    #expect(agent.metric("push_agent_delivered_total") == 4)
                }
            }
        }
    }

    @Test("An answer that nobody asked for ends the connection before it can be taken for another's") func unasked() async throws
    {
        try await Harness.run { harness in
            try await RawPushStream.run { request in
                if request.isPublish { return .init(Self.ok) }
                return .init(RawPushStream.statistics + (request.connection == 1 ? Self.ok : ""))
            } _: { server in
                try await self.deliver(harness, to: server) { agent, ids in
                    #expect(server.connections == 2)
                    #expect(agent.metric("push_agent_delivered_total") == Double(ids.count))
                }
            }
        }
    }

    private static func ask(_ server: RawPushStream) async throws -> PushStreamResponse {
        let connector = PushStreamConnector(
            address: .tcp(host: "127.0.0.1", port: server.port), eventLoopGroup: .singletonMultiThreadedEventLoopGroup,
            timeout: .seconds(60))
        return try await connector.ask(.summary(agent: "n"))
    }

    @Test("Statistics in chunks are read, and those that cannot be read are told") func statistics() async throws {
        try await RawPushStream.run { request in
            switch request.connection {
            case 1: .init("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", "1\r\n \r\n0\r\n\r\n")
            case 2: .init("nonsense\r\n")
            default: .init("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", closes: true)
            }
        } _: { server in
            let answer = try await Self.ask(server)
            #expect(String(buffer: answer.body) == "{} ")
            await #expect(throws: PushStreamError.malformedAnswer) { try await Self.ask(server) }
            await #expect(throws: PushStreamError.connectionClosed) { try await Self.ask(server) }
        }
    }
}
