import PushRedis
import PushTestSupport
import Testing

extension ServerTests {
    @Suite struct ScriptTests {
        @Test func sendsAScriptOnceAndItsNameAfterwards() async throws {
            try await withServerAndClient { _, client async throws in
                let script = RedisScript("return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}")
                for count in 1...3 {
                    let reply = try await client.run(script, keys: ["k"], arguments: ["é\u{0}"])
                    #expect(reply == .array([.string(Array("k".utf8)), .string(Array("é\u{0}".utf8)), .integer(count)]))
                }
                let calls = try await client.send(RedisCommand("INFO", "commandstats")).string ?? ""
                #expect(calls.contains("cmdstat_eval:calls=1,"))
                #expect(calls.contains("cmdstat_evalsha:calls=3,"))
                // A server that has forgotten it is told again.
                try await client.send(RedisCommand("SCRIPT", "FLUSH"))
                #expect(try await client.run(script, keys: ["k"], arguments: [""]).array?.last == .integer(4))
            }
        }

        @Test func throwsWhatTheScriptThrows() async throws {
            try await withServerAndClient { _, client async throws in
                let script = RedisScript("return redis.call('INCR', KEYS[1])")
                try await client.set("k", "text")
                for _ in 0..<2 {
                    let error = await #expect(throws: RedisError.self) { try await client.run(script, keys: ["k"]) }
                    #expect(error?.code.serverCode == "ERR")
                }
            }
        }

        @Test func hashes() async throws {
            try await withServerAndClient { _, client async throws in
                #expect(try await client.hgetall("h").isEmpty)
                #expect(try await client.hget("h", "a") == nil)
                try await client.send(RedisCommand("HSET", "h", "a", "1", "b", [0xFF] as [UInt8]))
                #expect(try await client.hget("h", "a") == Array("1".utf8))
                #expect(try await client.hmget("h", ["b", "c", "a"]) == [[0xFF], nil, Array("1".utf8)])
                #expect(try await client.hmget("h", []) == [])
                #expect(try await client.hgetall("h") == ["a": Array("1".utf8), "b": [0xFF]])
                try await client.set("s", "text")
                await #expect(throws: RedisError.self) { try await client.hget("s", "a") }
            }
        }
    }
}
