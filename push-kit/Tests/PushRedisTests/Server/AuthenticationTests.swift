import PushRedis
import PushTestSupport
import Testing

extension ServerTests {
    @Suite struct AuthenticationTests {
        private func url(_ server: RedisServer, _ credentials: String) -> String {
            server.url.replacing("redis://", with: "redis://\(credentials)@")
        }

        @Test func theRightPassword() async throws {
            try await withRedisServer(.init(password: "s3cret")) { server async throws in
                try await withClient(url(server, ":s3cret")) { client in try await client.ping() }
            }
        }

        @Test(arguments: [(nil, "NOAUTH"), (":wrong", "WRONGPASS"), ("nobody:s3cret", "WRONGPASS")])
        func refusedAtOnce(credentials: String?, code: String) async throws {
            try await withRedisServer(.init(password: "s3cret")) { server async throws in
                let url = credentials.map { self.url(server, $0) } ?? server.url
                try await withClient(url, configure: { $0.commandTimeout = .seconds(600) }) { client async throws in
                    // Refused by the server and not by the end of the client's patience, which the code would say.
                    for _ in 0..<3 {
                        let error = await #expect(throws: RedisError.self) { try await client.get("a") }
                        #expect(error?.code == .server(code))
                        #expect(error?.mayHaveExecuted == false)
                        #expect(error?.description.contains("s3cret") == false && error?.description.contains("wrong") == false)
                    }
                }
            }
        }

        @Test func aUserOfTheAccessControlList() async throws {
            var options = RedisServer.Options()
            options.users = ["default off", "alice on >wonder ~mine:* +get +set"]
            try await withRedisServer(options) { server async throws in
                // Barred from PING and CLIENT, and yet able to work.
                try await withClient(url(server, "alice:wonder"), configure: { $0.clientName = "x" }) { client async throws in
                    try await client.set("mine:a", "1")
                    #expect(try await client.getString("mine:a") == "1")
                    let key = await #expect(throws: RedisError.self) { try await client.get("yours:a") }
                    #expect(key?.code == .server("NOPERM"))
                    let command = await #expect(throws: RedisError.self) { try await client.delete("mine:a") }
                    #expect(command?.code == .server("NOPERM"))
                    let multi = await #expect(throws: RedisError.self) { try await client.transaction([.set("mine:a", "2")]) }
                    #expect(multi?.code == .server("NOPERM"))
                    #expect(multi?.mayHaveExecuted == true, "without MULTI the command went through by itself")
                }
            }
        }

        @Test func recoversWhenThePasswordIsPutRight() async throws {
            try await withRedisServer(.init(password: "old")) { server async throws in
                try await withClient(url(server, ":new")) { client async throws in
                    _ = await #expect(throws: RedisError.self) { try await client.ping() }
                    _ = try await withClient(url(server, ":old")) { admin async throws in
                        try await admin.send(RedisCommand("CONFIG", "SET", "requirepass", "new"))
                    }
                    try await eventually { (try? await client.ping()) != nil }
                }
            }
        }

        @Test func aRefusingServerIsNotAskedInATightCircle() async throws {
            let times = Shared<[ContinuousClock.Instant]>([])
            try await FakeServer.with { bytes, connection in
                if bytes.isEmpty {
                    times.withLock { $0.append(.now) }
                } else {
                    connection.send(
                        "-WRONGPASS invalid username-password pair or user is disabled.\r\n-NOAUTH Authentication required.\r\n")
                }
            } _: { server async throws in
                try await withClient(server.url.replacing("redis://", with: "redis://:x@")) { _ in
                    try await eventually("five attempts") { server.connectionCount >= 5 }
                }
            }
            // Pauses of at least 25, 50, 100 and 100 ms.
            let (first, fifth) = times.withLock { ($0[0], $0[4]) }
            #expect(fifth - first >= .milliseconds(270))
        }
    }
}
