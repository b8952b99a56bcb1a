import PushRedis
import PushTestSupport
import Testing

@Suite struct PipelineTests {
    @Test func tenThousandCommandsInOnePipeline() async throws {
        try await withServerAndClient { _, client async throws in
            let start = ContinuousClock.now
            let replies = try await client.send(pipeline: (0..<10_000).map { RedisCommand("ECHO", $0) })
            print("10,000 commands in one pipeline: \(ContinuousClock.now - start)")
            #expect(replies.map(\.int) == Array(0..<10_000))
        }
    }

    @Test func tenThousandCommandsOfTenThousandTasks() async throws {
        try await withServerAndClient { _, client async throws in
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<10_000 {
                    group.addTask { try await client.send(RedisCommand("ECHO", number)).int == number }
                }
                for try await isRight in group { #expect(isRight) }
            }
            print("10,000 commands of 10,000 tasks: \(ContinuousClock.now - start)")
        }
    }

    @Test func commandsOfOneTaskAreExecutedInOrder() async throws {
        try await withServerAndClient { _, client async throws in
            _ = try await client.send(pipeline: (0..<1000).map { RedisCommand("RPUSH", "list", $0) })
            let list = try await client.send(RedisCommand("LRANGE", "list", 0, -1)).array
            #expect(list?.map(\.int) == Array(0..<1000))
        }
    }

    @Test func anErrorStandsAmongTheAnswers() async throws {
        try await withServerAndClient { _, client async throws in
            let replies = try await client.send(pipeline: [
                RedisCommand("SET", "a", "text"), RedisCommand("INCR", "a"), RedisCommand("GET", "a"),
            ])
            #expect(replies[0] == .status("OK"))
            #expect(replies[1].error?.code == .server("ERR"))
            #expect(replies[2].string == "text")
            #expect(try await client.send(pipeline: []) == [])
        }
    }

    @Test func sixtyFourMegabytesBothWays() async throws {
        try await withServerAndClient(configure: { $0.commandTimeout = .seconds(60) }) { _, client async throws in
            let size = 64 << 20
            let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                var state: UInt64 = 88_172_645_463_325_252
                for index in 0..<size {
                    if index.isMultiple(of: 4096) { state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 }
                    buffer[index] = UInt8(truncatingIfNeeded: (state >> 32) &+ UInt64(index))
                }
                count = size
            }
            let start = ContinuousClock.now
            try await client.set("big", bytes)
            let middle = ContinuousClock.now
            let back = try await client.get("big")
            print("64 MB: written in \(middle - start), read in \(ContinuousClock.now - middle)")
            #expect(back == bytes)
            #expect(try await client.echo("after") == "after")
        }
    }

    @Test func aTransactionIsAllOrNothing() async throws {
        try await withServerAndClient { _, client async throws in
            let replies = try await client.transaction([.set("a", "1"), RedisCommand("INCR", "a"), RedisCommand("GET", "a")])
            #expect(replies == [.status("OK"), .integer(2), .string([0x32])])
            let refused = await #expect(throws: RedisError.self) {
                try await client.transaction([.set("a", "lost"), RedisCommand("NOSUCHCOMMAND", "a"), .set("b", "lost")])
            }
            #expect(refused?.code == .server("ERR"))
            #expect(refused?.message.contains("NOSUCHCOMMAND") == true)
            #expect(try await client.mget(["a", "b"]) == [[0x32], nil])
            let mixed = try await client.transaction([RedisCommand("LPUSH", "a", "x"), .set("c", "1")])
            #expect(mixed[0].error?.code == .server("WRONGTYPE"))
            #expect(try await client.getString("c") == "1")
            #expect(try await client.transaction([]) == [])
        }
    }

    /// If commands of other tasks got between `MULTI` and `EXEC`, they would get `QUEUED` for an answer.
    @Test func transactionsAndCommandsOfOtherTasksDoNotMix() async throws {
        try await withServerAndClient { _, client async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<500 {
                    group.addTask {
                        let replies = try await client.transaction([RedisCommand("ECHO", number), RedisCommand("ECHO", number + 1)])
                        #expect(replies.map(\.int) == [number, number + 1])
                    }
                    group.addTask {
                        let reply = try await client.send(RedisCommand("ECHO", number))
                        #expect(reply.int == number)
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
