import PushModels
import PushRedis

/// What the agents sampled in the last hour. One command for each agent, and its answer is bounded.
struct HistoryRepository: Sendable {
    let redis: RedisClient

    func history() async throws(RedisError) -> StatisticsHistory {
        let agents = try await self.redis.zrange(RedisKeys.agentIndex)
        let replies = try await self.redis.send(
            pipeline: [RedisCommand("TIME")] + agents.map { RedisCommand("HVALS", RedisKeys.series(agent: $0)) })
        let now = try RedisClock.milliseconds(replies[0]) / 1_000
        var series: [(agent: String, samples: [StatisticsSample])] = []
        for (agent, reply) in zip(agents, replies.dropFirst()) {
            if let error = reply.error { throw error }
            series.append((agent, (reply.array ?? []).compactMap(\.string).compactMap { StatisticsSample($0) }))
        }
        return StatisticsHistory(series: series, now: now)
    }
}
