import PushModels
import PushRedis

/// The agents that report, how far each has come, and the stream that they read. The number of commands grows with the agents only.
struct AgentsRepository: Sendable {
    struct Snapshot: Sendable {
        var stream: StreamFigures
        /// By name.
        var agents: [AgentStatus]
    }

    let redis: RedisClient
    let keys: RedisKeys

    /// Agents whose statistics have expired are left out.
    func snapshot() async throws(RedisError) -> Snapshot {
        let replies = try await self.redis.send(pipeline: [
            StreamFigures.command, RedisCommand("ZRANGE", RedisKeys.agentIndex, 0, -1, "WITHSCORES"), RedisCommand("TIME"),
        ])
        let stream = try StreamFigures(reply: replies[0])
        let now = try RedisClock.milliseconds(replies[2])
        var records: [AgentRecord] = []
        let listed = try Self.agents(replies[1])
        for start in stride(from: 0, to: listed.count, by: StatisticsRepository.chunk) {
            records += try await self.records(of: listed[start..<min(start + StatisticsRepository.chunk, listed.count)])
        }
        records.sort { $0.agent < $1.agent }
        let next = try await self.nextEntries(records, stream)
        return Snapshot(
            stream: stream,
            agents: records.map { $0.status(stream: stream, next: next[$0.agent], now: UInt64(max(0, now))) })
    }

    private static func agents(_ reply: RedisValue) throws(RedisError) -> [(name: String, lastReport: Int)] {
        if let error = reply.error { throw error }
        let fields = reply.array ?? []
        return stride(from: 0, to: fields.count - 1, by: 2).compactMap { index in
            guard let name = fields[index].string, let score = fields[index + 1].double else { return nil }
            return (name, Int(exactly: score.rounded()).map { max(0, $0) } ?? 0)
        }
    }

    private func records(of agents: ArraySlice<(name: String, lastReport: Int)>) async throws(RedisError) -> [AgentRecord] {
        let names = agents.map(\.name)
        let replies = try await self.redis.send(pipeline: [
            RedisCommand("MGET", arguments: names.map { self.keys.globalStatistics(agent: $0) }),
            RedisCommand("MGET", arguments: names.map { RedisKeys.position(agent: $0) }),
            RedisCommand("MGET", arguments: names.map { RedisKeys.readCount(agent: $0) }),
        ])
        for reply in replies {
            if let error = reply.error { throw error }
        }
        func value(_ kind: Int, _ index: Int) -> RedisValue? {
            guard let values = replies[kind].array, index < values.count else { return nil }
            return values[index]
        }
        return agents.enumerated().compactMap { index, agent in
            guard let figures = value(0, index)?.bytes.flatMap(ReportedFigures.read) else { return nil }
            return AgentRecord(
                agent: agent.name, lastReport: agent.lastReport, figures: figures,
                position: value(1, index)?.string.flatMap { StreamEntryID($0) }, place: value(2, index)?.string)
        }
    }

    /// The oldest entry that each agent lacks.
    private func nextEntries(
        _ records: [AgentRecord], _ stream: StreamFigures
    ) async throws(RedisError) -> [String: StreamEntryID] {
        let behind = records.filter { $0.isBehind(stream) }
        guard !behind.isEmpty else { return [:] }
        let replies = try await self.redis.send(
            pipeline: behind.map {
                RedisCommand("XRANGE", RedisKeys.messages, "(\($0.position?.description ?? "0-0")", "+", "COUNT", 1)
            })
        var next: [String: StreamEntryID] = [:]
        for (record, reply) in zip(behind, replies) {
            if let error = reply.error { throw error }
            next[record.agent] = reply.array?.first?.array?.first?.string.flatMap { StreamEntryID($0) }
        }
        return next
    }
}

/// The clock that all agents share.
enum RedisClock {
    /// Milliseconds since 1970.
    ///
    /// - Parameter reply: to `TIME`.
    static func milliseconds(_ reply: RedisValue) throws(RedisError) -> Int {
        if let error = reply.error { throw error }
        guard let parts = reply.array, parts.count == 2, let seconds = parts[0].int, let microseconds = parts[1].int else {
            throw RedisError(code: .protocolViolation, message: "TIME answered something else")
        }
        return seconds * 1_000 + microseconds / 1_000
    }
}
