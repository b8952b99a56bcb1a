import PushStreamCore
import Testing

@testable import PushStreamServer

/// `push_stream_subscribers_limit`: a limit over all channels and loops.
@Suite struct SubscribersLimitTests {
    private static let refusal = "X-Nginx-PushStream-Explain: Subscribers limit of the server has been exceeded.\r\n"

    @Test(arguments: [1, 3])
    func `who comes after the last place gets 503, and the place of one who goes`(loops: Int) async throws {
        try await TestEngine.run({
            $0.loops = loops
            $0.store.maxSubscribers = 3
        }) { server in
            let first = try await server.subscribe("/ev/a", started: ": \n")
            let second = try await server.subscribe("/sub/b")
            let third = try await server.subscribe("/ws/c", fields: TestEngine.webSocketFields)
            for target in ["/ev/a", "/sub/d", "/lp/e"] {
                let answer = try await server.get(target)
                #expect(answer.hasPrefix("HTTP/1.1 503 Service Temporarily Unavailable\r\n"), "\(target)")
                #expect(answer.contains(Self.refusal), "\(target)")
            }
            let socket = try await server.connect()
            try await socket.send("GET /ws/f HTTP/1.1\r\nHost: t\r\n\(TestEngine.webSocketFields)\r\n")
            try await socket.wait(for: "Subscribers limit of the server has been exceeded.")
            // Nothing was made for those that were refused.
            #expect(try await server.get("/stats").contains("\"channels\": 3,"))

            await first.close()
            try await server.waitForSubscribers(2)
            let next = try await server.subscribe("/ev/a", started: ": \n")
            try await server.publish("hello", to: "a")
            try await next.wait(for: "hello")
            for client in [second, third, next] { await client.close() }
        }
    }

    @Test func `polls that find their answer need no place`() async throws {
        try await TestEngine.run({ $0.store.maxSubscribers = 1 }) { server in
            let only = try await server.subscribe("/ev/a", started: ": \n")
            try await server.publish("hello", to: "a")
            #expect(try await server.get("/poll/a.b1").contains("hello"))
            #expect(try await server.get("/lp/a.b1").contains("hello"))
            #expect(try await server.get("/lp/a").hasPrefix("HTTP/1.1 503"))
            await only.close()
        }
    }
}
