import NIOCore
import PushModels
import PushRedis
import PushTestSupport
import Testing

@testable import PushAPI

extension LiveTests {
    @Suite struct WorkerTests {
        private static func runs(_ api: RunningAPI, _ worker: String, _ outcome: String) -> Int {
            api.metric("push_api_worker_runs_total{outcome=\"\(outcome)\",worker=\"\(worker)\"}").flatMap(Int.init) ?? 0
        }

        private static let record = #","ttl":0,"created":"2019-09-01T12:00:00.000Z"}"#

        @Test func twoInstancesShareOneRun() async throws {
            let overrides = ["workers.enabled": "true"]
            try await withRedis { server in
                try await withAPI(on: server) { (idle) async throws in
                    #expect(try await idle.http.request("POST", "/api/v1/channels", body: #"{"id":"a"}"#).status == 201)
                }
                try await withAPI(on: server, overrides) { (one) async throws in
                    try await withAPI(on: server, overrides) { (two) async throws in
                        try await eventually("both instances to have tried") {
                            [one, two].map {
                                Self.runs($0, "persistent_channels", "done") + Self.runs($0, "persistent_channels", "skipped")
                            } == [1, 1]
                        }
                        #expect([one, two].map { Self.runs($0, "persistent_channels", "done") }.reduce(0, +) == 1)
                        // One by the creation, one by the run.
                        #expect(try await one.ensured() == [["a"], ["a"]])
                        // The lock outlives the run, for the rest of the interval.
                        guard case .remaining(let remaining) = try await one.redis.ttl("push_lock:persistent_channels") else {
                            Issue.record("the lock is gone or does not expire")
                            return
                        }
                        #expect(remaining > .seconds(40) && remaining <= .seconds(50))
                    }
                }
            }
        }

        @Test func ensuresAllLiveChannelsInBoundedEntriesAgainAndAgain() async throws {
            try await withAPI { (api) async throws in
                var commands: [RedisCommand] = []
                for number in 0..<1200 {
                    commands.append(.zadd(RedisKeys.channelIndex, score: Double(number), member: "c\(number)"))
                    // Every fourth has expired.
                    if number % 4 != 0 { commands.append(.set("ch_c\(number)", #"{"id":"c\#(number)""# + Self.record)) }
                }
                _ = try await api.redis.send(pipeline: commands)
                let live = (0..<1200).filter { $0 % 4 != 0 }.map { "c\($0)" }
                for run in 1...2 {
                    try await withAPI(on: api.server, ["workers.enabled": "true"]) { (worker) async throws in
                        try await eventually("run \(run)") { Self.runs(worker, "persistent_channels", "done") == 1 }
                    }
                    let ensured = try await api.ensured()
                    #expect(ensured.allSatisfy { !$0.isEmpty && $0.count <= StreamEntry.maximumEnsuredChannels })
                    #expect(Array(ensured.joined()) == Array(repeating: live, count: run).flatMap(\.self))
                    #expect(try await api.redis.zcard(RedisKeys.channelIndex) == 900)
                    // As when the interval is over.
                    try await api.redis.delete("push_lock:persistent_channels")
                }
            }
        }

        @Test func findsChannelsThatACrashLeftOutOfTheIndex() async throws {
            try await withAPI { (api) async throws in
                try await api.redis.set("ch_lost", #"{"id":"lost""# + Self.record)
                // Begins with a combining mark, which Swift draws to the prefix.
                try await api.redis.set("ch_\u{301}x", #"{"id":"\u0301x""# + Self.record)
                try await api.redis.set("ch_broken", "broken")
                try await api.redis.set("other", "x")
                #expect(try await api.http.request("GET", "/api/v1/channels").text == "[]")
                try await withAPI(on: api.server, ["workers.enabled": "true"]) { (worker) async throws in
                    try await eventually("a run") { Self.runs(worker, "persistent_channels", "done") == 1 }
                }
                #expect(try await api.redis.zrange(RedisKeys.channelIndex) == ["lost", "\u{301}x"])
                #expect(
                    try await api.redis.send(RedisCommand("ZSCORE", RedisKeys.channelIndex, "lost")).double == 1_567_339_200_000)
            }
        }

        @Test func aFailedRunGivesTheLockBack() async throws {
            try await withAPI { (api) async throws in
                try await api.redis.set(RedisKeys.channelIndex, "not a sorted set")
                try await withAPI(on: api.server, ["workers.enabled": "true"]) { (worker) async throws in
                    try await eventually("a failed run") { Self.runs(worker, "persistent_channels", "failed") >= 1 }
                    // By itself it would end after 50 seconds.
                    try await eventually(within: .seconds(40), "the lock is free") {
                        try await api.redis.get("push_lock:persistent_channels") == nil
                    }
                }
            }
        }

        @Test func housekeepingRemovesOldMessagesAndAgents() async throws {
            try await withAPI { (api) async throws in
                let time = try #require(try await api.redis.send(RedisCommand("TIME")).array?.first?.int)
                for age in [7200, 3700, 1800] {
                    _ = try await api.redis.send(
                        RedisCommand("XADD", RedisKeys.messages, "\((time - age) * 1000)-1", "channel", "a", "content", "\(age)"))
                }
                try await api.redis.zadd(RedisKeys.agentIndex, score: Double((time - 90_000) * 1000), member: "old")
                try await api.redis.zadd(RedisKeys.agentIndex, score: Double((time - 60) * 1000), member: "new")
                try await withAPI(on: api.server, ["workers.enabled": "true"]) { (worker) async throws in
                    try await eventually("a run") { Self.runs(worker, "housekeeping", "done") >= 1 }
                }
                #expect(try await api.messages().map(\.content) == ["1800"])
                #expect(try await api.redis.zrange(RedisKeys.agentIndex) == ["new"])
            }
        }

        @Test func workersRecoverByThemselves() async throws {
            let overrides = [
                "workers.enabled": "true", "workers.housekeeping.interval": "50ms",
                "workers.persistent_channels.enabled": "false",
            ]
            try await withAPI(overrides, redisTimeout: nil) { (api) async throws in
                try await eventually("a run") { Self.runs(api, "housekeeping", "done") >= 1 }
                try await api.server.kill()
                try await eventually("a failed run") { Self.runs(api, "housekeeping", "failed") >= 1 }
                try await api.server.launch()
                let before = Self.runs(api, "housekeeping", "done")
                try await eventually("a run after the restart") { Self.runs(api, "housekeeping", "done") > before }
                #expect(Self.runs(api, "persistent_channels", "done") == 0)
            }
        }

        private func withRedis(_ body: (RedisServer) async throws -> Void) async throws {
            try await withRedisServer { try await body($0) }
        }
    }
}
