import NIOCore
import PushRedis
import PushTestSupport
import Testing

extension ServerTests {
    @Suite struct MisbehavingServerTests {
        @Test func acceptsAndNeverAnswers() async throws {
            try await FakeServer.with { _, _ in
            } _: { server async throws in
                let configure = { (configuration: inout RedisConfiguration) in
                    configuration.connectTimeout = .milliseconds(500)
                    configuration.commandTimeout = .seconds(5)
                }
                try await withClient(server.url, configure: configure) { client async throws in
                    let start = ContinuousClock.now
                    let error = await #expect(throws: RedisError.self) { try await client.get("a") }
                    let elapsed = ContinuousClock.now - start
                    #expect(error?.code == .timeout)
                    #expect(error?.mayHaveExecuted == false)
                    #expect(error?.message.contains("did not answer within") == true, "the connect timeout is the reason")
                    #expect(elapsed >= .seconds(5))
                    try await eventually("it tries again") { server.connectionCount >= 3 }
                }
            }
        }

        @Test func aCommandsOwnTimeoutGoesFirst() async throws {
            try await FakeServer.with { bytes, connection in
                if bytes.contains("PING") { connection.send("+PONG\r\n") }
            } _: { server async throws in
                try await withClient(server.url) { client async throws in
                    try await client.ping()
                    let error = await #expect(throws: RedisError.self) {
                        try await client.send(RedisCommand("GET", "a"), timeout: .milliseconds(50))
                    }
                    #expect(error?.code == .timeout)
                    #expect(error?.mayHaveExecuted == true)
                }
            }
        }

        @Test func greetsWithGarbage() async throws {
            try await FakeServer.with { bytes, connection in
                if !bytes.isEmpty { connection.send("HTTP/1.1 400 Bad Request\r\n\r\n") }
            } _: { server async throws in
                try await withClient(server.url, configure: { $0.commandTimeout = .seconds(5) }) { client async throws in
                    let error = await #expect(throws: RedisError.self) { try await client.ping() }
                    #expect(error?.code == .timeout)
                    #expect(error?.message.contains("not a RESP2 reply") == true)
                }
            }
        }

        @Test(arguments: [
            "garbage\r\n", "+OK\r\n+ONE TOO MANY\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
        ])
        func answersWithGarbage(answer: String) async throws {
            try await FakeServer.with { bytes, connection in
                if bytes.contains("PING") {
                    connection.send("+PONG\r\n")
                } else if bytes.contains("GET") {
                    connection.send(answer)
                }
            } _: { server async throws in
                try await withClient(server.url) { client async throws in
                    let error = await #expect(throws: RedisError.self) {
                        // With one answer too many, the command after it shows that the connection was given up.
                        try await client.send(RedisCommand("GET", "a"))
                        try await client.send(RedisCommand("NEVER ANSWERED"), timeout: .milliseconds(500))
                    }
                    #expect(error?.code == .protocolViolation || error?.code == .timeout)
                    try await eventually("a new connection") { server.connectionCount >= 2 }
                }
            }
        }

        @Test func closesInTheMiddleOfAnAnswer() async throws {
            try await FakeServer.with { bytes, connection in
                if bytes.contains("PING") { connection.send("+PONG\r\n") }
                if bytes.contains("GET") {
                    connection.writeAndFlush(ByteBuffer(string: "$100\r\nonly this"), promise: nil)
                    connection.close(promise: nil)
                }
            } _: { server async throws in
                try await withClient(server.url) { client async throws in
                    let error = await #expect(throws: RedisError.self) { try await client.get("a") }
                    #expect(error?.code == .connection)
                    #expect(error?.mayHaveExecuted == true)
                }
            }
        }

        @Test func aNameThatDoesNotResolve() async throws {
            try await withClient("redis://no-such-host.invalid", configure: { $0.commandTimeout = .seconds(1) }) {
                client async throws in
                let error = await #expect(throws: RedisError.self) { try await client.ping() }
                #expect(error?.code == .timeout)
                #expect(error?.mayHaveExecuted == false)
            }
        }
    }
}
