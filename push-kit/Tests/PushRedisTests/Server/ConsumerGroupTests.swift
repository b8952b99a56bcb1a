import PushRedis
import PushTestSupport
import Testing

extension ServerTests {
    @Suite struct ConsumerGroupTests {
        private func add(_ client: RedisClient, _ value: String) async throws -> String {
            try await client.xadd("s", fields: [.init(name: "v", value: Array(value.utf8))])
        }

        @Test func aGroupIsMadeOnceWithItsStream() async throws {
            try await withServerAndClient { _, client async throws in
                #expect(try await client.xgroupCreate("s", group: "g"))
                #expect(try await !client.xgroupCreate("s", group: "g"))
                #expect(try await client.xlen("s") == 0)
                try await client.set("text", "x")
                let error = await #expect(throws: RedisError.self) { try await client.xgroupCreate("text", group: "g") }
                #expect(error?.code == .server("WRONGTYPE"))
            }
        }

        @Test func eachEntryGoesToOneConsumer() async throws {
            try await withServerAndClient { _, client async throws in
                let missing = await #expect(throws: RedisError.self) {
                    try await client.xreadgroup("s", group: "g", consumer: "a", count: 10)
                }
                #expect(missing?.code == .server("NOGROUP"))
                let first = try await self.add(client, "1")
                try await client.xgroupCreate("s", group: "g")
                let second = try await self.add(client, "2")
                let third = try await self.add(client, "3")
                #expect(try await client.xreadgroup("s", group: "g", consumer: "a", count: 2).map(\.id) == [first, second])
                #expect(try await client.xreadgroup("s", group: "g", consumer: "b", count: 2).map(\.id) == [third])
                #expect(try await client.xreadgroup("s", group: "g", consumer: "b", count: 2) == [])
                #expect(try await client.xpendingCount("s", group: "g") == 3)
                #expect(try await client.xack("s", group: "g", [first, third, "9-9"]) == 2)
                #expect(try await client.xack("s", group: "g", []) == 0)
                #expect(try await client.xpendingCount("s", group: "g") == 1)
            }
        }

        @Test func aBlockingReadWakesWhenAnEntryComes() async throws {
            try await withServerAndClient { server, client async throws in
                try await client.xgroupCreate("s", group: "g")
                try await withClient(server.url) { reader async throws in
                    async let entries = reader.xreadgroup("s", group: "g", consumer: "a", count: 10, block: .seconds(60))
                    try await client.awaitBlockedClients(1)
                    let id = try await self.add(client, "1")
                    #expect(try await entries.map(\.id) == [id])
                }
                #expect(
                    try await client.xreadgroup("s", group: "g", consumer: "a", count: 1, block: .milliseconds(20)) == [])
            }
        }

        @Test func whatAConsumerDidNotFinishIsClaimed() async throws {
            try await withServerAndClient { _, client async throws in
                try await client.xgroupCreate("s", group: "g")
                var ids: [String] = []
                for number in 0..<4 { ids.append(try await self.add(client, "\(number)")) }
                _ = try await client.xreadgroup("s", group: "g", consumer: "dead", count: 4)
                let early = try await client.xautoclaim(
                    "s", group: "g", consumer: "b", minimumIdle: .seconds(3600), count: 10)
                #expect(early.entries.isEmpty && early.next == "0-0")
                try await client.send(RedisCommand("XDEL", "s", ids[1]))
                let claimed = try await client.xautoclaim("s", group: "g", consumer: "b", minimumIdle: .zero, count: 3)
                #expect(claimed.entries.map(\.id) == [ids[0], ids[2]])
                #expect(claimed.entries[1]["v"] == Array("2".utf8))
                let rest = try await client.xautoclaim(
                    "s", group: "g", consumer: "b", minimumIdle: .zero, start: claimed.next, count: 3)
                #expect(rest.entries.map(\.id) == [ids[3]] && rest.next == "0-0")
            }
        }
    }
}
