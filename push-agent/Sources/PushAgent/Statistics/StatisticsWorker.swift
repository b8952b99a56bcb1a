import FoundationEssentials
import Logging
import Metrics
import NIOCore
import PushModels
import PushRedis
import ServiceLifecycle

/// Copies push-stream's statistics to Redis at an interval, over connections that delivery does not use.
struct StatisticsWorker: Service {
    /// Redis answers other clients between two pipelines of this many commands.
    private static let chunk = 500
    /// The first pause after a failure; a push-stream that has just been started answers soon.
    private static let retry = BackOff(first: .milliseconds(500), longest: .seconds(10))
    /// How long an agent that reports no more stays listed, so that its last hour can still be shown.
    private static let agentMemory = Duration.seconds(StatisticsSample.resolution * StatisticsSample.slots)

    let redis: RedisClient
    let connector: PushStreamConnector
    let keys: RedisKeys
    let agent: String
    let hostname: String
    let settings: StatisticsSettings
    let metrics: AgentMetrics
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var failures = 0
            while !Task.isCancelled {
                var pause = self.settings.interval
                do {
                    try await self.report()
                    failures = 0
                    self.metrics.statisticsReports.increment()
                } catch {
                    if Task.isCancelled { return }
                    failures += 1
                    pause = min(pause, Self.retry.delay(attempt: failures))
                    self.metrics.statisticsFailures.increment()
                    self.logger.warning(
                        "cannot report push-stream's statistics", metadata: ["error": "\(PushStreamError.text(of: error))"])
                }
                try? await Task.sleep(for: pause)
            }
        }
    }

    /// One round.
    func report() async throws {
        let (summary, all) = try await self.connector.withConnection { connection in
            (
                try await Self.body(connection.ask(.summary(agent: self.agent))),
                try await Self.body(connection.ask(.allChannels(agent: self.agent)))
            )
        }
        let report = StatisticsReport(summary: summary, all: all, agent: self.agent, hostname: self.hostname, keys: self.keys)
        guard let report else { throw PushStreamError.statisticsUnreadable }
        try await self.write(report)
    }

    private static func body(_ answer: PushStreamResponse) throws(PushStreamError) -> ByteBuffer {
        guard answer.status == 200 else { throw .statisticsStatus(answer.status) }
        return answer.body
    }

    private func write(_ report: StatisticsReport) async throws {
        var start = 0
        while start < report.channels.count {
            let end = min(start + Self.chunk, report.channels.count)
            try await self.send(report.channels[start..<end].map(self.command))
            start = end
        }
        let now = Double(WallClock.milliseconds())
        let oldest = now - Double(max(self.settings.expiration, Self.agentMemory).milliseconds)
        let top = String(decoding: try JSONEncoder().encode(report.topChannels), as: UTF8.self)
        // The agent is listed after its statistics are there, so that who finds it in the list finds those.
        try await self.send([
            self.command(report.global),
            .set(RedisKeys.topChannels(agent: self.agent), top, expiration: self.settings.expiration),
            .zadd(RedisKeys.agentIndex, score: now, member: self.agent),
            RedisCommand("ZREMRANGEBYSCORE", RedisKeys.agentIndex, -Double.infinity, "(\(oldest)"),
        ])
    }

    private func command(_ record: StatisticsReport.Record) -> RedisCommand {
        .set(record.key, record.value, expiration: self.settings.expiration)
    }

    private func send(_ commands: [RedisCommand]) async throws(RedisError) {
        for reply in try await self.redis.send(pipeline: commands) {
            if let error = reply.error { throw error }
        }
    }
}
