import FoundationEssentials
import PushModels
import PushRedis

/// The channels with most subscribers, over all agents. What is read grows with the agents, not with the channels.
struct TopChannelsRepository: Sendable {
    let redis: RedisClient
    let keys: RedisKeys

    /// - Parameters:
    ///   - limit: channels at most.
    ///   - isIncluded: whether who asks may see a channel.
    func top(_ limit: Int, where isIncluded: (String) -> Bool = { _ in true }) async throws(RedisError) -> [TopChannel] {
        let agents = try await self.redis.zrange(RedisKeys.agentIndex)
        var reported: [(agent: String, channels: [TopChannel])] = []
        for start in stride(from: 0, to: agents.count, by: StatisticsRepository.chunk) {
            let names = agents[start..<min(start + StatisticsRepository.chunk, agents.count)]
            for (agent, value) in zip(names, try await self.redis.mget(names.map { RedisKeys.topChannels(agent: $0) })) {
                // It expires when its agent has stopped.
                guard let value, let channels = try? JSONDecoder().decode([TopChannel].self, from: Data(value)) else { continue }
                reported.append((agent, channels))
            }
        }
        var sums: [[UInt8]: Int] = [:]
        for channel in reported.flatMap(\.channels) where channel.subscribers > 0 && isIncluded(channel.channel) {
            sums[Array(channel.channel.utf8), default: 0] += min(channel.subscribers, Self.plausible)
        }
        // Of these, more than are asked for: what other agents have of a channel may lift it.
        let candidates = sums.sorted { $0.value > $1.value }.prefix(Self.maximumCandidates)
        sums = Dictionary(uniqueKeysWithValues: candidates.map { ($0.key, $0.value) })
        try await self.addUnlisted(reported, to: &sums)
        let channels = sums.map { TopChannel(channel: String(decoding: $0, as: UTF8.self), subscribers: $1) }
        return Array(channels.sorted(by: TopChannel.precedes).prefix(limit))
    }

    /// Channels that are looked up for each agent that does not list them, at most.
    private static let maximumCandidates = 4 * TopChannel.maximumReported

    /// More subscribers than there can be, and few enough that sums do not overflow.
    private static let plausible = 1 << 40

    /// An agent whose list is full may have more subscribers of a channel that only another one lists.
    private func addUnlisted(
        _ reported: [(agent: String, channels: [TopChannel])], to sums: inout [[UInt8]: Int]
    ) async throws(RedisError) {
        var asked: [(channel: [UInt8], key: String)] = []
        for (agent, channels) in reported where channels.count >= TopChannel.maximumReported {
            let listed = Set(channels.map { Array($0.channel.utf8) })
            for channel in sums.keys where !listed.contains(channel) {
                let id = String(decoding: channel, as: UTF8.self)
                asked.append((channel, self.keys.channelStatistics(channel: id, agent: agent)))
            }
        }
        for start in stride(from: 0, to: asked.count, by: StatisticsRepository.chunk) {
            let part = asked[start..<min(start + StatisticsRepository.chunk, asked.count)]
            for ((channel, _), value) in zip(part, try await self.redis.mget(part.map(\.key))) {
                guard let figures = value.flatMap(ReportedFigures.read), figures.subscribers > 0 else { continue }
                sums[channel, default: 0] += min(figures.subscribers, Self.plausible)
            }
        }
    }
}
