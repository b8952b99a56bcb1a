import Logging
import PushModels
import PushRedis

/// What the agents last reported, in Redis.
struct StatisticsRepository: Sendable {
    /// Keys that one command names at most.
    static let chunk = 500

    let redis: RedisClient
    let keys: RedisKeys
    let logger: Logger

    /// - Returns: An empty report when no agent has reported of late.
    func global() async throws(RedisError) -> (report: StatisticsReport, stream: StreamFigures) {
        let stream = try StreamFigures(reply: try await self.redis.send(pipeline: [StreamFigures.command])[0])
        return (try await self.report { self.keys.globalStatistics(agent: $0) }, stream)
    }

    /// - Returns: An empty report when no agent has reported the channel of late.
    func channel(_ id: ChannelID) async throws(RedisError) -> StatisticsReport {
        try await self.report { self.keys.channelStatistics(channel: id.rawValue, agent: $0) }
    }

    private func report(key: (String) -> String) async throws(RedisError) -> StatisticsReport {
        // By name, so that an agent keeps its place from one answer to the next.
        let agents = try await self.redis.zrange(RedisKeys.agentIndex).sorted()
        var report = StatisticsReport()
        for start in stride(from: 0, to: agents.count, by: Self.chunk) {
            let names = agents[start..<min(start + Self.chunk, agents.count)]
            for (agent, value) in zip(names, try await self.redis.mget(names.map(key))) {
                // The report expires when its agent has stopped.
                guard let value else { continue }
                if !report.add(value) {
                    self.logger.warning(
                        "Statistics of an agent are not readable and are left out", metadata: ["agent": "\(agent)"])
                }
            }
        }
        return report
    }
}
