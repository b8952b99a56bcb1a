import Logging
import PushModels
import PushRedis
import PushTestSupport
import Testing

@testable import PushAPI

extension LiveTests {
    @Suite struct StatisticsEndpointTests {
        @Test func mergesTheAgentsReports() async throws {
            try await withAPI { (api) async throws in
                let a = #"{"hostname":"h1","agent":"a1","time":"2024-02-29T10:00:01","subscribers":2,"by_worker":[{"pid":"7"}]}"#
                let b = #"{"hostname":"h2","agent":"a2","time":"2024-02-29T10:00:00","subscribers":"3"}"#
                try await api.redis.set("stats_global:a1", a)
                try await api.redis.set("stats_global:a2", b)
                try await api.redis.set("stats_global:forgotten", b)
                try await api.redis.set("stats_channel:x:y:a2", #"{"channel":"x:y","subscribers":5}"#)
                for (agent, score) in [("a2", 1.0), ("a1", 2), ("gone", 3)] {
                    try await api.redis.zadd(RedisKeys.agentIndex, score: score, member: agent)
                }
                let global = try await api.http.request("GET", "/api/v1/stats/global")
                #expect(global.status == 200)
                #expect(
                    global.text
                        == #"{"aggregated":{"subscribers":5,"time":"2024-02-29T10:00:00"},"all":[\#(a),\#(b)],"messages":{"stream":{"length":0,"published":0}}}"#
                )
                let channel = try await api.http.request("GET", "/api/v1/stats/channels/x%3Ay")
                #expect(channel.status == 200)
                #expect(channel.text == #"{"aggregated":{"subscribers":5},"all":[{"channel":"x:y","subscribers":5}]}"#)
            }
        }

        @Test(arguments: [
            "/api/v1/stats/global", "/api/v1/stats/channels/a", "/api/v1/stats/channels/a%2Fb", "/api/v1/stats/channels/%FF",
        ])
        func answers404WithoutReports(path: String) async throws {
            try await withAPI { (api) async throws in
                try await api.redis.zadd(RedisKeys.agentIndex, score: 1, member: "expired")
                let answer = try await api.http.request("GET", path)
                #expect(answer.status == 404)
                #expect(answer.code == 200)
                #expect(answer.message?.isEmpty == false)
            }
        }

        @Test func leavesOutBrokenReports() async throws {
            try await withAPI { (api) async throws in
                try await api.redis.set("stats_global:a", "broken")
                try await api.redis.set("stats_global:b", #"{"subscribers":1}"#)
                for agent in ["a", "b"] { try await api.redis.zadd(RedisKeys.agentIndex, score: 1, member: agent) }
                let answer = try await api.http.request("GET", "/api/v1/stats/global")
                #expect(
                    answer.text
                        == #"{"aggregated":{"subscribers":1},"all":[{"subscribers":1}],"messages":{"stream":{"length":0,"published":0}}}"#
                )
                #expect(api.log.lines.contains { $0.level == .warning && $0.message.contains("Statistics of an agent") })
            }
        }

        @Test func answers500WhenRedisRefuses() async throws {
            try await withAPI { (api) async throws in
                try await api.redis.set(RedisKeys.agentIndex, "not a sorted set")
                for path in ["global", "channels/a", "history", "top", "agents"].map({ "/api/v1/stats/\($0)" }) {
                    let answer = try await api.http.request("GET", path)
                    #expect(answer.status == 500)
                    #expect(answer.code == 201)
                }
            }
        }

        @Test func tellsTheStreamOfMessages() async throws {
            try await withAPI { (api) async throws in
                try await api.redis.set("stats_global:a", #"{"subscribers":1,"channels":"3","published_messages":7}"#)
                try await api.redis.zadd(RedisKeys.agentIndex, score: 1, member: "a")
                for content in ["1", "2", "3"] {
                    #expect(
                        try await api.http.request(
                            "POST", "/api/v1/messages", body: #"{"channels":["a"],"content":"\#(content)"}"#
                        ).status == 204)
                }
                try await api.redis.send(RedisCommand("XTRIM", RedisKeys.messages, "MAXLEN", "=", 1))
                let text = try await api.http.request("GET", "/api/v1/stats/global").text
                #expect(text.hasPrefix(#"{"aggregated":{"channels":3,"published_messages":7,"subscribers":1},"all":["#))
                #expect(text.hasSuffix(#"],"messages":{"stream":{"length":1,"published":3}}}"#))
            }
        }

        @Test func usesTheConfiguredPrefixes() async throws {
            try await withAPI(["redis.db.stats_global.prefix": "g", "redis.db.stats_channel.prefix": "c"]) { (api) async throws in
                try await api.redis.set("g:a", #"{"subscribers":1}"#)
                try await api.redis.set("c:x:a", #"{"subscribers":2}"#)
                try await api.redis.zadd(RedisKeys.agentIndex, score: 1, member: "a")
                #expect(try await api.http.request("GET", "/api/v1/stats/global").text.contains(#""subscribers":1"#))
                #expect(try await api.http.request("GET", "/api/v1/stats/channels/x").text.contains(#""subscribers":2"#))
            }
        }
    }
}
