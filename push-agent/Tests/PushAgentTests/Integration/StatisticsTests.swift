import Foundation
import PushModels
import PushRedis
import PushTestSupport
import Synchronization
import Testing

@testable import PushAgent

@Suite("Statistics", .serialized) struct StatisticsTests {
    private func object(_ text: String?) throws -> NSDictionary {
        let text = try #require(text)
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary)
    }

    @Test("Summary and channels are in Redis, expiring, and the agent is listed") func keys() async throws {
        try await Harness.run { harness in
            let configuration = try harness.configuration {
                $0.statistics.isEnabled = true
                $0.statistics.expiration = .seconds(90)
            }
            try await harness.redis.zadd(RedisKeys.agentIndex, score: 1_000, member: "gone")
            try await harness.publish("news", "one", "two")
            let begin = Double(WallClock.milliseconds())
            try await harness.withAgent(try harness.configuration()) { _ in try await harness.waitForMessages(2) }
            try await harness.withAgent(configuration) { agent in
                try await eventually("the report") { agent.metric("push_agent_statistics_reports_total") ?? 0 >= 1 }
                let summary = try self.object(try await harness.redis.getString("stats_global:agent-1"))
                #expect(summary["agent"] as? String == "agent-1")
                #expect(summary["hostname"] as? String == "nginx-1")
                #expect(summary["subscribers"] as? Int == 7)
                #expect(summary["by_worker"] as? NSArray == [])
                let channel = try self.object(try await harness.redis.getString("stats_channel:news:agent-1"))
                let expected: NSDictionary = [
                    "agent": "agent-1", "hostname": "nginx-1", "channel": "news", "published_messages": 2, "stored_messages": 2,
                    "subscribers": 3,
                ]
                #expect(channel == expected)
                for key in ["stats_global:agent-1", "stats_channel:news:agent-1"] {
                    let milliseconds = try #require(try await harness.redis.send(RedisCommand("PTTL", key)).int)
                    #expect((80_000...90_000).contains(milliseconds))
                }
                #expect(try await harness.redis.zrange(RedisKeys.agentIndex) == ["agent-1"])
                let score = try #require(
                    try await harness.redis.send(RedisCommand("ZSCORE", RedisKeys.agentIndex, "agent-1")).double)
                #expect(score >= begin)
                #expect(harness.pushStream.state.withLock(\.agents) == ["agent-1"])
            }
        }
    }

    @Test("They are renewed at the interval, and failures are retried") func interval() async throws {
        try await Harness.run { harness in
            harness.pushStream.state.withLock { $0.statisticsStatus = 500 }
            let configuration = try harness.configuration {
                $0.subscription.isEnabled = false
                $0.statistics.isEnabled = true
                $0.statistics.interval = .milliseconds(50)
            }
            try await harness.withAgent(configuration) { agent in
                try await eventually("failures") { agent.metric("push_agent_statistics_failures_total") ?? 0 >= 2 }
                harness.pushStream.state.withLock { $0.statisticsStatus = 200 }
                try await eventually("reports") { agent.metric("push_agent_statistics_reports_total") ?? 0 >= 3 }
            }
        }
    }

    @Test("10,000 channels are reported while messages flow") func manyChannels() async throws {
        try await Harness.run { harness in
            harness.pushStream.state.withLock { $0.extraChannels = 10_000 }
            let configuration = try harness.configuration {
                $0.statistics.isEnabled = true
                $0.statistics.interval = .milliseconds(1)
            }
            try await harness.withAgent(configuration) { agent in
                try await eventually("a connection") { agent.metric("push_agent_connected") == 1 }
                var slowest = Duration.zero
                for number in 0..<50 {
                    let begin = ContinuousClock.now
                    try await harness.publish("a", "m\(number)")
                    try await harness.waitForMessages(number + 1)
                    slowest = max(slowest, begin.duration(to: .now))
                }
                print("measured: slowest delivery while 10,000 channels are reported without pause: \(slowest)")
                try await eventually("a report") { agent.metric("push_agent_statistics_reports_total") ?? 0 >= 1 }
                #expect(try await harness.redis.getString("stats_channel:extra-9999:agent-1") != nil)
            }
        }
    }
}
