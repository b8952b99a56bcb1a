import PushRedis
import PushTestSupport
import Testing

@Suite struct CommandsTests {
    @Test func stringsAndKeys() async throws {
        try await withServerAndClient { _, client async throws in
            try await client.ping()
            #expect(try await client.get("none") == nil)
            #expect(try await client.set("a", "1"))
            #expect(try await client.set("a", "2", onlyIfAbsent: true) == false)
            #expect(try await client.getString("a") == "1")
            let binary: [UInt8] = [0, 13, 10, 255, 36]
            #expect(try await client.set("b\r\n", binary, expiration: .seconds(100)))
            #expect(try await client.get("b\r\n") == binary)
            #expect(try await client.mget(["b\r\n", "none", "a"]) == [binary, nil, [0x31]])
            #expect(try await client.mget([]) == [])

            #expect(try await client.ttl("none") == .noKey)
            #expect(try await client.ttl("a") == .persistent)
            #expect(try await client.expire("a", after: .seconds(50)))
            guard case .remaining(let left) = try await client.ttl("a") else {
                Issue.record("no time to live")
                return
            }
            #expect(left > .seconds(40) && left <= .seconds(50))
            #expect(try await client.expire("none", after: .seconds(1)) == false)
            #expect(try await client.delete("a", "none", "b\r\n") == 2)
            #expect(try await client.delete([]) == 0)
        }
    }

    @Test func aKeyExpires() async throws {
        try await withServerAndClient { _, client async throws in
            try await client.set("a", "1", expiration: .milliseconds(20))
            try await eventually { try await client.get("a") == nil }
        }
    }

    @Test func sortedSets() async throws {
        try await withServerAndClient { _, client async throws in
            #expect(try await client.zadd("z", score: 2.5, member: "b"))
            #expect(try await client.zadd("z", score: 1, member: "a"))
            #expect(try await client.zadd("z", score: 3, member: "c"))
            #expect(try await client.zadd("z", score: 4, member: "c") == false)
            #expect(try await client.zcard("z") == 3)
            #expect(try await client.zrange("z") == ["a", "b", "c"])
            #expect(try await client.zrange("z", offset: 1, limit: 1) == ["b"])
            #expect(try await client.zrange("z", offset: 1) == ["b", "c"])
            #expect(try await client.zrange("z", limit: 0) == [])
            #expect(try await client.zrange("z", scores: -.infinity...2.5) == ["a", "b"])
            #expect(try await client.zrange("z", scores: 1.5 ... .infinity, offset: 1, limit: 5) == ["c"])
            #expect(try await client.zrange("none") == [])
            #expect(try await client.zrem("z", ["a", "x"]) == 1)
            #expect(try await client.zcard("z") == 2)
        }
    }

    @Test func scanFindsEveryKeyThatMatches() async throws {
        try await withServerAndClient { _, client async throws in
            let names = Set((0..<500).map { "ch_*\($0)" })
            _ = try await client.send(pipeline: names.map { .set($0, "x") } + [.set("ch_x", "y")])
            var found: Set<String> = []
            var cursor: RedisScanCursor? = .start
            var steps = 0
            while let place = cursor {
                let step = try await client.scan(place, matching: RedisClient.escapedGlob("ch_*") + "*", count: 50)
                found.formUnion(step.keys)
                cursor = step.next
                steps += 1
            }
            #expect(found == names)
            #expect(steps > 1)
        }
    }

    @Test func databaseAndClientName() async throws {
        try await withRedisServer { server async throws in
            try await withClient(server.url + "/3", configure: { $0.clientName = "push-test" }) { client async throws in
                try await client.set("only-in-3", "x")
                #expect(try await client.send(RedisCommand("CLIENT", "GETNAME")).string == "push-test")
            }
            try await withClient(server.url) { client async throws in
                #expect(try await client.get("only-in-3") == nil)
                #expect(try await client.send(RedisCommand("INFO", "keyspace")).string?.contains("db3:keys=1") == true)
            }
        }
    }

    @Test func serverErrorsCarryTheirCode() async throws {
        try await withServerAndClient { _, client async throws in
            try await client.set("s", "text")
            let wrongType = await #expect(throws: RedisError.self) { try await client.zcard("s") }
            #expect(wrongType?.code == .server("WRONGTYPE"))
            #expect(wrongType?.mayHaveExecuted == false)
            let unknown = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("NOSUCHCOMMAND")) }
            #expect(unknown?.code == .server("ERR"))
            let unshared = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("SUBSCRIBE", "a")) }
            #expect(unshared?.code == .invalidCommand)
            let odd = await #expect(throws: RedisError.self) { try await client.xadd("stream", fields: []) }
            #expect(odd?.code == .server("ERR"))
        }
    }
}
