import Foundation
import PushModels
import PushRedis
import PushTestSupport
import Testing

@testable import PushAPI

extension LiveTests {
    @Suite struct StatisticsScaleTests {
        /// A Redis as two agents leave it that have that many channels with subscribers.
        private static func fill(_ api: RunningAPI, channels: Int) async throws {
            let now = try RedisClock.milliseconds(try await api.redis.send(RedisCommand("TIME")))
            for agent in ["a1", "a2"] {
                var commands: [RedisCommand] = [
                    .zadd(RedisKeys.agentIndex, score: Double(now), member: agent),
                    .set("stats_global:\(agent)", #"{"subscribers":\#(channels),"channels":\#(channels),"hostname":"h"}"#),
                    .set("push_position:\(agent)", "1-0"), .set("push_read_count:\(agent)", "1-0 1"),
                ]
                let top = (0..<min(channels, 100)).map { TopChannel(channel: "\(agent)-\($0)", subscribers: 2) }
                let json = String(decoding: try JSONEncoder().encode(top), as: UTF8.self)
                commands.append(.set("push_top:\(agent)", json))
                for slot in 0..<360 {
                    let sample = StatisticsSample(
                        time: now / 1000 - slot * 10, subscribers: 1, published: 4000 - slot, replayed: 0, store: "instance x")
                    commands.append(RedisCommand("HSET", "push_series:\(agent)", sample.slot, sample.description))
                }
                for number in 0..<channels {
                    commands.append(.zadd(RedisKeys.channelIndex, score: Double(number), member: "\(agent)-\(number)"))
                    commands.append(.set("ch_\(agent)-\(number)", #"{"id":"c","ttl":0,"created":"2019-09-01T12:00:00.000Z"}"#))
                    commands.append(.set("stats_channel:\(agent)-\(number):\(agent)", #"{"subscribers":2}"#))
                }
                for start in stride(from: 0, to: commands.count, by: 1000) {
                    let replies = try await api.redis.send(pipeline: Array(commands[start..<min(start + 1000, commands.count)]))
                    #expect(replies.allSatisfy { $0.error == nil })
                }
            }
        }

        private static func calls(_ api: RunningAPI) async throws -> [String: Int] {
            let text = try await api.redis.send(RedisCommand("INFO", "commandstats")).string ?? ""
            let found = text.matches(of: /cmdstat_([^:]+):calls=([0-9]+)/).map { (String($0.output.1), Int($0.output.2) ?? 0) }
            return Dictionary(found, uniquingKeysWith: +)
        }

        /// The commands that a request of each kind costs.
        private static func costs(channels: Int) async throws -> [String: [String: Int]] {
            try await withAPI { (api) async throws in
                try await Self.fill(api, channels: channels)
                var costs: [String: [String: Int]] = [:]
                for path in ["global", "history", "top?limit=100", "agents", "channels/a1-7"] {
                    try await api.redis.send(RedisCommand("CONFIG", "RESETSTAT"))
                    let answer = try await api.http.request("GET", "/api/v1/stats/\(path)")
                    #expect(answer.status == 200)
                    costs[path] = try await Self.calls(api).filter { !["info", "config|resetstat"].contains($0.key) }
                }
                return costs
            }
        }

        @Test func costDoesNotGrowWithTheChannels() async throws {
            let few = try await Self.costs(channels: 100)
            let many = try await Self.costs(channels: 20_000)
            #expect(few == many)
            #expect(many.count == 5)
            for (path, calls) in many {
                #expect(calls["keys"] == nil && calls["scan"] == nil, "\(path)")
                #expect(!calls.isEmpty && calls.values.reduce(0, +) <= 7, "\(path): \(calls)")
            }
        }
    }
}
