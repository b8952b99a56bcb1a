import PushModels
import PushRedis
import PushRuntime
import PushTestSupport
import Testing

@testable import PushAPI

extension LiveTests {
    @Suite struct StreamMetricsTests {
        private static let overrides = [
            "workers.enabled": "true", "workers.metrics.interval": "20ms", "workers.persistent_channels.enabled": "false",
            "workers.housekeeping.enabled": "false",
        ]

        @Test func tellsTheStreamAndEachAgent() async throws {
            try await withAPI(Self.overrides) { (api) async throws in
                try await eventually("an empty stream") { api.metric("push_api_stream_length") == "0" }
                #expect(api.metric("push_api_agents") == "0")
                let now = try RedisClock.milliseconds(try await api.redis.send(RedisCommand("TIME")))
                let ids = [now - 40_000, now - 30_000].map { "\($0)-0" }
                for agent in ["a", "b"] {
                    try await api.redis.set("stats_global:\(agent)", #"{"subscribers":1}"#)
                    try await api.redis.zadd(RedisKeys.agentIndex, score: Double(now), member: agent)
                }
                for id in ids {
                    try await api.redis.send(RedisCommand("XADD", RedisKeys.messages, id, "channel", "c", "content", "x"))
                }
                try await api.redis.set("push_position:a", ids[0])
                try await api.redis.set("push_read_count:a", "\(ids[0]) 1")
                // They are written one after the other.
                for (line, value) in [
                    (#"push_api_agent_lag_messages{agent="a"}"#, "1"), ("push_api_stream_length", "2"),
                    ("push_api_stream_entries", "2"), ("push_api_agents", "2"),
                    (#"push_api_agent_position{agent="a"}"#, "\(now - 40_000)"),
                ] {
                    try await eventually("\(line) is \(value)") { api.metric(line) == value }
                }
                try await eventually("the lag in seconds") { api.metric(#"push_api_agent_lag_seconds{agent="a"}"#) != nil }
                let lag = try #require(api.metric(#"push_api_agent_lag_seconds{agent="a"}"#).flatMap(Double.init))
                #expect(lag >= 30)
                // It has no position, so there is nothing to tell.
                #expect(api.metric(#"push_api_agent_lag_seconds{agent="b"}"#) == nil)

                try await api.redis.set("push_position:b", ids[1])
                try await eventually("the position of b") { api.metric(#"push_api_agent_lag_seconds{agent="b"}"#) == "0" }
                try await eventually("the lag of b") { api.metric(#"push_api_agent_lag_messages{agent="b"}"#) == "0" }
            }
        }

        @Test func anAgentThatIsGoneLosesItsSeries() async throws {
            try await withAPI(Self.overrides) { (api) async throws in
                for agent in ["a", "b"] {
                    try await api.redis.set("stats_global:\(agent)", #"{"subscribers":1}"#)
                    try await api.redis.set("push_position:\(agent)", "1-0")
                    try await api.redis.zadd(RedisKeys.agentIndex, score: 1, member: agent)
                }
                try await eventually("both agents") { api.metric("push_api_agents") == "2" }
                try await eventually("the position of a") { api.metric(#"push_api_agent_position{agent="a"}"#) == "1" }
                try await api.redis.delete("stats_global:a")
                try await eventually("one agent") { api.metric("push_api_agents") == "1" }
                #expect(!api.registry.render().contains(#"agent="a""#))
                #expect(api.metric(#"push_api_agent_position{agent="b"}"#) == "1")
            }
        }

        @Test func nothingIsToldWhileRedisIsAway() async throws {
            try await withAPI(Self.overrides, redisTimeout: nil) { (api) async throws in
                try await eventually("the stream") { api.metric("push_api_stream_length") == "0" }
                try await api.server.kill()
                try await eventually("no figures") { api.metric("push_api_stream_length") == nil }
                try await api.server.launch()
                try await eventually("the stream again") { api.metric("push_api_stream_length") == "0" }
            }
        }
    }
}
