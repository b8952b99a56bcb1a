import Foundation
import PushModels
import PushRedis
import PushTestSupport
import Testing

@testable import PushAPI

extension LiveTests {
    @Suite struct AgentsEndpointTests {
        private static func list(_ api: RunningAPI, _ path: String) async throws -> [[String: Any]] {
            let answer = try await api.http.request("GET", path)
            #expect(answer.status == 200)
            return try JSONSerialization.jsonObject(with: Data(answer.body)) as? [[String: Any]] ?? []
        }

        /// An agent that has reported just now.
        private static func report(_ api: RunningAPI, _ agent: String, _ figures: String) async throws {
            try await api.redis.set("stats_global:\(agent)", figures)
            let now = try RedisClock.milliseconds(try await api.redis.send(RedisCommand("TIME")))
            try await api.redis.zadd(RedisKeys.agentIndex, score: Double(now), member: agent)
        }

        @Test func tellsHowFarEachAgentHasCome() async throws {
            try await withAPI { (api) async throws in
                let now = try RedisClock.milliseconds(try await api.redis.send(RedisCommand("TIME")))
                let ids = [now - 90_000, now - 60_000, now - 30_000].map { "\($0)-0" }
                for id in ids {
                    try await api.redis.send(RedisCommand("XADD", RedisKeys.messages, id, "channel", "c", "content", "x"))
                }
                try await Self.report(
                    api, "ahead", #"{"hostname":"h1","subscribers":"4","channels":"2","published_messages":3}"#)
                try await api.redis.set("push_position:ahead", ids[2])
                try await Self.report(api, "behind", #"{"hostname":"h2","subscribers":1,"channels":1,"published_messages":1}"#)
                try await api.redis.set("push_position:behind", ids[0])
                try await api.redis.set("push_read_count:behind", "\(ids[0]) 1")
                try await Self.report(api, "new", #"{"subscribers":0}"#)
                // Its statistics have expired.
                try await api.redis.zadd(RedisKeys.agentIndex, score: Double(now - 600_000), member: "gone")
                try await api.redis.set("push_position:gone", ids[0])

                let agents = try await Self.list(api, "/api/v1/stats/agents")
                #expect(agents.map { $0["agent"] as? String } == ["ahead", "behind", "new"])
                #expect(agents.map { $0["hostname"] as? String } == ["h1", "h2", "new"])
                #expect(agents.map { $0["subscribers"] as? Int } == [4, 1, 0])
                #expect(agents.map { $0["channels"] as? Int } == [2, 1, 0])
                #expect(agents.map { $0["publishedMessages"] as? Int } == [3, 1, 0])
                #expect(agents.map { $0["position"] as? String } == [ids[2], ids[0], nil])
                #expect(agents.map { $0["lagMessages"] as? Int } == [0, 2, nil])
                #expect(agents[0]["lagSeconds"] as? Double == 0)
                let lag = try #require(agents[1]["lagSeconds"] as? Double)
                #expect((60.0...600).contains(lag))
                let reported = try #require((agents[0]["lastReport"] as? String).flatMap(Timestamp.parse))
                #expect(reported >= now)
            }
        }

        @Test func answersEmptyListsWithoutAgents() async throws {
            try await withAPI { (api) async throws in
                #expect(try await api.http.request("GET", "/api/v1/stats/agents").text == "[]")
                #expect(try await api.http.request("GET", "/api/v1/stats/top").text == #"{"channels":[]}"#)
                let history = try await api.http.request("GET", "/api/v1/stats/history")
                #expect(history.status == 200)
                #expect(history.text.hasPrefix(#"{"resolution":10,"from":"#))
                #expect(history.text.hasSuffix(#""total":[],"agents":[]}"#))
            }
        }

        @Test func historyIsReadFromEachAgentsSeries() async throws {
            try await withAPI { (api) async throws in
                let now = try RedisClock.milliseconds(try await api.redis.send(RedisCommand("TIME"))) / 1000
                for (agent, subscribers) in [("a", 3), ("b", 4)] {
                    try await Self.report(api, agent, #"{"subscribers":1}"#)
                    for (age, published) in [(20, 5), (10, 9)] {
                        let sample = StatisticsSample(
                            time: now - age, subscribers: subscribers, published: published, replayed: 0,
                            store: "instance \(agent)")
                        try await api.redis.send(
                            RedisCommand("HSET", "push_series:\(agent)", sample.slot, sample.description))
                    }
                    try await api.redis.send(RedisCommand("HSET", "push_series:\(agent)", "broken", "broken"))
                }
                let history = try await api.http.request("GET", "/api/v1/stats/history").json()
                let total = try #require(history["total"] as? [[String: Any]])
                #expect(total.prefix(2).map { $0["subscribers"] as? Int } == [7, 7])
                #expect(total.prefix(2).map { $0["messages"] as? Int } == [nil, 4])
                #expect(total[0]["messages"] is NSNull)
                #expect(total[0]["time"] as? Int == (now - 20) / 10 * 10)
                let agents = try #require(history["agents"] as? [[String: Any]])
                #expect(agents.map { $0["agent"] as? String } == ["a", "b"])
                let samples = try #require(agents[1]["samples"] as? [[String: Any]])
                #expect(samples.prefix(2).map { $0["subscribers"] as? Int } == [4, 4])
            }
        }

        @Test func topChannelsAreMergedOverAgents() async throws {
            try await withAPI { (api) async throws in
                for agent in ["a", "b"] { try await Self.report(api, agent, #"{"subscribers":1}"#) }
                // The list of b is full, so that it may have more subscribers of what it does not list.
                let full = (0..<100).map { #"{"channel":"b\#($0)","subscribers":\#($0 < 50 ? 20 : 10)}"# }.joined(separator: ",")
                try await api.redis.set("push_top:b", "[\(full)]")
                try await api.redis.set(
                    "push_top:a",
                    #"[{"channel":"both","subscribers":15},{"channel":"b3","subscribers":5},{"channel":"e","subscribers":1}]"#)
                try await api.redis.set("stats_channel:both:b", #"{"subscribers":"9"}"#)
                let top = try await api.http.request("GET", "/api/v1/stats/top?limit=3")
                #expect(
                    top.text == #"{"channels":[{"channel":"b3","subscribers":25},{"channel":"both","subscribers":24},"#
                        + #"{"channel":"b0","subscribers":20}]}"#)
                let all = try await api.http.request("GET", "/api/v1/stats/top").json()
                #expect((all["channels"] as? [Any])?.count == 50)
                let repository = TopChannelsRepository(redis: api.redis, keys: RedisKeys())
                #expect(
                    try await repository.top(10) { $0.hasPrefix("b3") }.map(\.channel)
                        == ["b3"] + (30..<40).map { "b\($0)" }.prefix(9))
            }
        }

        @Test(arguments: ["0", "101", "-1", "+5", "x", "", "1e1", "99999999999999999999"])
        func refusesOtherLimits(limit: String) async throws {
            try await withAPI { (api) async throws in
                let answer = try await api.http.request("GET", "/api/v1/stats/top?limit=\(limit)")
                #expect(answer.status == 400)
                #expect(answer.code == 202)
                #expect(answer.message == "'limit' must be an integer from 1 to 100")
            }
        }

        @Test func aKeyWithPrefixesSeesItsChannelsOnly() async throws {
            try await withAPI { (api) async throws in
                try await Self.report(api, "a", #"{"subscribers":1}"#)
                try await api.redis.set(
                    "push_top:a",
                    #"[{"channel":"b1","subscribers":3},{"channel":"a1","subscribers":2},{"channel":"a2","subscribers":1}]"#)
                let key = try await api.createKey(["stats"], prefixes: ["a"])
                let top = try await api.bearer(key).request("GET", "/api/v1/stats/top?limit=1")
                #expect(top.text == #"{"channels":[{"channel":"a1","subscribers":2}]}"#)
                let other = try await api.createKey(["publish"])
                for path in ["global", "history", "top", "agents", "channels/a1"] {
                    #expect(try await api.bearer(other).request("GET", "/api/v1/stats/\(path)").status == 403)
                    #expect(
                        try await HTTPClient(port: api.http.port, authorization: nil).request("GET", "/api/v1/stats/\(path)")
                            .status == 401)
                }
            }
        }

        @Test func leavesOutBrokenLists() async throws {
            try await withAPI { (api) async throws in
                for agent in ["a", "b", "c"] { try await Self.report(api, agent, #"{"subscribers":1}"#) }
                try await api.redis.set("push_top:a", "broken")
                try await api.redis.set("push_top:b", #"[{"channel":"x","subscribers":9223372036854775807}]"#)
                try await api.redis.set(
                    "push_top:c", #"[{"channel":"x","subscribers":9223372036854775807},{"channel":"y","subscribers":-4}]"#)
                let answer = try await api.http.request("GET", "/api/v1/stats/top")
                #expect(answer.status == 200)
                #expect(answer.text.hasPrefix(#"{"channels":[{"channel":"x","#))
                #expect(!answer.text.contains(#""y""#))
            }
        }
    }
}
