import PushRedis
import PushTestSupport
import Testing

extension ServerTests {
    @Suite struct StreamTests {
        private func field(_ name: String, _ value: String) -> RedisStreamEntry.Field {
            .init(name: name, value: Array(value.utf8))
        }

        @Test func addReadRangeTrim() async throws {
            try await withServerAndClient { _, client async throws in
                #expect(try await client.xlast("s") == nil)
                #expect(try await client.xlen("s") == 0)
                #expect(try await client.xread("s", after: "0", count: 10) == [])
                var ids: [String] = []
                for number in 0..<5 {
                    ids.append(
                        try await client.xadd("s", fields: [field("n", "\(number)"), field("n", "twice"), field("bin", "\r\n")]))
                }
                let all = try await client.xread("s", after: "0", count: 10)
                #expect(all.map(\.id) == ids)
                #expect(all[3].fields == [field("n", "3"), field("n", "twice"), field("bin", "\r\n")])
                #expect(all[3]["n"] == [0x33] && all[3]["none"] == nil)
                #expect(try await client.xread("s", after: ids[1], count: 2).map(\.id) == Array(ids[2...3]))
                #expect(try await client.xrange("s", from: "(" + ids[0], to: ids[3], count: 2).map(\.id) == Array(ids[1...2]))
                #expect(try await client.xlast("s") == all[4])
                #expect(try await client.xtrim("s", minimumID: ids[2]) == 2)
                #expect(try await client.xlen("s") == 3)
                #expect(try await client.xrange("s", count: 10).map(\.id) == Array(ids[2...]))
            }
        }

        @Test func theStreamStaysAboutAsLongAsAsked() async throws {
            try await withServerAndClient { _, client async throws in
                let add = RedisCommand.xadd("s", fields: [field("a", "b")], maximumLength: 100)
                _ = try await client.send(pipeline: Array(repeating: add, count: 2000))
                let length = try await client.xlen("s")
                #expect(length >= 100 && length < 400)
            }
        }

        @Test func aBlockingReadEndsEmptyWhenNothingComes() async throws {
            try await withServerAndClient { _, client async throws in
                let start = ContinuousClock.now
                let entries = try await client.xread("s", after: "$", count: 1, block: .milliseconds(120))
                #expect(entries.isEmpty)
                #expect(ContinuousClock.now - start >= .milliseconds(100))
            }
        }

        @Test func aBlockingReadWakesWhenAnEntryComes() async throws {
            // The read may take longer than the command timeout: it has its own.
            try await withServerAndClient { server, client async throws in
                try await withClient(server.url, configure: { $0.commandTimeout = .seconds(5) }) { reader async throws in
                    // Without the entry it would end empty after ten minutes.
                    async let entries = reader.xread("s", after: "$", count: 10, block: .seconds(600))
                    try await client.awaitBlockedClients(1)
                    let id = try await client.xadd("s", fields: [field("a", "b")])
                    let received = try await entries
                    #expect(received == [RedisStreamEntry(id: id, fields: [field("a", "b")])])
                }
            }
        }

        @Test func aBlockingReadOutlastsTheCommandTimeout() async throws {
            try await withServerAndClient(configure: { $0.commandTimeout = .seconds(5) }) { _, client async throws in
                let entries = try await client.xread("s", after: "$", count: 1, block: .milliseconds(5500))
                #expect(entries.isEmpty)
            }
        }
    }
}
