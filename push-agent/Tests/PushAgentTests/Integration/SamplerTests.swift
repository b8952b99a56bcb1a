import Foundation
import PushModels
import PushRedis
import PushTestSupport
import Synchronization
import Testing

@testable import PushAgent

@Suite("Samples and places", .serialized) struct SamplerTests {
    private func series(_ harness: Harness) async throws -> [StatisticsSample] {
        let values = try await harness.redis.send(RedisCommand("HVALS", RedisKeys.series(agent: harness.agent)))
        return try #require(values.array).compactMap(\.string).compactMap { StatisticsSample($0) }
    }

    private func newest(_ harness: Harness) async throws -> StatisticsSample? {
        try await self.series(harness).max { $0.time < $1.time }
    }

    private func sampling(_ harness: Harness) throws -> AgentConfiguration {
        try harness.configuration {
            $0.statistics.isEnabled = true
            $0.statistics.sampleInterval = .milliseconds(100)
        }
    }

    @Test("A sample is in its slot by Redis' clock, and the series expires after its hour") func slot() async throws {
        try await Harness.run { harness in
            try await harness.publish("news", "one", "two")
            let begin = Int(try await harness.store.now() / 1_000)
            try await harness.withAgent(try self.sampling(harness)) { _ in
                try await eventually("both messages in a sample") { try await self.newest(harness)?.published == 2 }
            }
            let sample = try #require(try await self.newest(harness))
            #expect((begin...Int(try await harness.store.now() / 1_000)).contains(sample.time))
            #expect(sample.subscribers == 7)
            #expect(sample.replayed == 0)
            #expect(sample.store == "instance life-1")
            let key = RedisKeys.series(agent: "agent-1")
            #expect(
                try await harness.redis.send(RedisCommand("HGET", key, "\(sample.time / 10 % 360)")).string == sample.description)
            let milliseconds = try #require(try await harness.redis.send(RedisCommand("PTTL", key)).int)
            #expect((3_600_000...3_660_000).contains(milliseconds))
        }
    }

    @Test("Samples go on over restarts of the agent and of push-stream, and tell what was replayed") func restarts() async throws
    {
        try await Harness.run { harness in
            let configuration = try self.sampling(harness)
            try await harness.publish("news", "one", "two")
            try await harness.withAgent(configuration) { _ in
                try await eventually("the first samples") { try await self.newest(harness)?.published == 2 }
            }
            let first = try #require(try await self.newest(harness))
            try await harness.publish("news", "three")
            try await harness.withAgent(configuration) { agent in
                try await eventually("the agent's restart") { try await self.newest(harness)?.published == 3 }
                let second = try #require(try await self.newest(harness))
                #expect(second.store == first.store)
                #expect(second.messages(since: first) == 1)
                harness.pushStream.loseStore()
                await harness.pushStream.cutConnections()
                try await eventually("the replay") { agent.metric("push_agent_replayed_total") == 3 }
                try await harness.publish("news", "four")
                try await eventually("push-stream's restart") { try await self.newest(harness)?.published == 4 }
                try await eventually("the count of the replay") { try await self.newest(harness)?.replayed == 3 }
                let third = try #require(try await self.newest(harness))
                #expect(third.store == "instance life-2")
                #expect(third.messages(since: second) == 1)
            }
        }
    }

    @Test("The start of an Nginx is told by one text, although it is not exact") func inexactIdentity() async throws {
        try await Harness.run { harness in
            let start = 1_767_225_600
            harness.pushStream.state.withLock { $0.identity = .started(start) }
            try await harness.publish("news", "one")
            try await harness.withAgent(try self.sampling(harness)) { _ in
                try await eventually("a sample") { try await self.newest(harness)?.published == 1 }
            }
            harness.pushStream.state.withLock { $0.identity = .started(start + 1) }
            try await harness.publish("news", "two")
            try await harness.withAgent(try self.sampling(harness)) { _ in
                try await eventually("another sample") { try await self.newest(harness)?.published == 2 }
            }
            #expect(try await self.newest(harness)?.store == "started \(start) nginx-1")
        }
    }

    @Test("An agent whose push-stream is away leaves the slots empty and goes on later") func outage() async throws {
        try await Harness.run { harness in
            try await harness.pushStream.stop()
            try await harness.withAgent(try self.sampling(harness)) { agent in
                try await eventually("failures") { agent.metric("push_agent_statistics_failures_total") ?? 0 >= 3 }
                #expect(try await self.series(harness).isEmpty)
                try await harness.pushStream.listen()
                try await eventually("a sample") { try await self.newest(harness)?.subscribers == 7 }
            }
        }
    }

    @Test("The channels with most subscribers are reported, 100 at most, expiring") func top() async throws {
        try await Harness.run { harness in
            harness.pushStream.state.withLock { $0.extraChannels = 150 }
            let configuration = try harness.configuration {
                $0.subscription.isEnabled = false
                $0.statistics.isEnabled = true
            }
            try await harness.withAgent(configuration) { agent in
                try await eventually("the report") { agent.metric("push_agent_statistics_reports_total") ?? 0 >= 1 }
            }
            let text = try #require(try await harness.redis.getString("push_top:agent-1"))
            let top = try JSONDecoder().decode([TopChannel].self, from: Data(text.utf8))
            #expect(top.count == 100)
            #expect(top == top.sorted(by: TopChannel.precedes))
            #expect(top.first == TopChannel(channel: "extra-0", subscribers: 3))
            let milliseconds = try #require(try await harness.redis.send(RedisCommand("PTTL", "push_top:agent-1")).int)
            #expect((1...120_000).contains(milliseconds))
        }
    }

    @Test("The position is stored with its place, also while push-stream takes nothing") func place() async throws {
        try await Harness.run { harness in
            try await harness.withAgent { agent in
                let ids = try await harness.publish("a", "1", "2", "3")
                let third = ReadCount(id: try #require(StreamID(ids[2])), count: 3)
                try await eventually("the place") { try await harness.store.readCount() == third }
                let more = try await harness.publish("a", "4", "5")
                let fifth = ReadCount(id: try #require(StreamID(more[1])), count: 5)
                try await eventually("the next place") { try await harness.store.readCount() == fifth }
                #expect(try await harness.store.position() == fifth.id)

                harness.pushStream.holdAnswers()
                try await harness.publish("a", "6", "7")
                try await harness.waitForMessages(7)
                // The reader has looked at the stream's end since, where it stands itself.
                let looks = try await self.calls("xinfo", harness)
                try await eventually("two looks") { try await self.calls("xinfo", harness) >= looks + 2 }
                #expect(try await harness.store.readCount() == fifth)
                #expect(try await harness.store.position() == fifth.id)
                harness.pushStream.releaseAnswers()
                try await eventually("the last place") { try await harness.store.readCount()?.count == 7 }
            }
        }
    }

    /// How often Redis has executed a command.
    private func calls(_ command: String, _ harness: Harness) async throws -> Int {
        let text = try #require(try await harness.redis.send(RedisCommand("INFO", "commandstats")).string)
        let pattern = try Regex("cmdstat_\(command)[^:]*:calls=([0-9]+)", as: (Substring, Substring).self)
        return text.matches(of: pattern).compactMap { Int($0.output.1) }.reduce(0, +)
    }
}
