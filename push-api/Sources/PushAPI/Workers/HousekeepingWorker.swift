import PushModels
import PushRedis

/// Removes what no one needs any more from Redis: old messages, and the names of agents that are gone.
struct HousekeepingWorker: Sendable {
    /// How long an agent that reports no more stays in the index. Its statistics expire after minutes.
    private static let agentMemory = Duration.seconds(24 * 3600)

    let redis: RedisClient
    let retention: Duration

    func run() async throws -> APIMetrics.WorkerOutcome {
        // The ids of stream entries are times of Redis' clock, so only that clock can tell their age.
        let now = try RedisClock.milliseconds(try await self.redis.send(RedisCommand("TIME")))
        try await self.redis.xtrim(RedisKeys.messages, minimumID: "\(max(0, now - Self.milliseconds(self.retention)))")
        try await self.redis.send(
            RedisCommand("ZREMRANGEBYSCORE", RedisKeys.agentIndex, "-inf", now - Self.milliseconds(Self.agentMemory)))
        return .done
    }

    private static func milliseconds(_ duration: Duration) -> Int {
        Int(duration.components.seconds) * 1000
    }
}
