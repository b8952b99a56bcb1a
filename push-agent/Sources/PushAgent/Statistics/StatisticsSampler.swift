import Logging
import Metrics
import NIOCore
import PushModels
import PushRedis
import ServiceLifecycle

/// Keeps the last hour of push-stream's figures in Redis: a sample in each slot, of a hash that has no more slots than that.
struct StatisticsSampler: Service {
    /// The series outlives its last sample by as long as any of it is of the last hour.
    static let expiration = Duration.seconds(StatisticsSample.resolution * (StatisticsSample.slots + 6))

    let store: AgentStore
    let connector: PushStreamConnector
    let interval: Duration
    /// Messages that push-stream was given for a second time.
    let replayedMessages: @Sendable () -> Int
    let metrics: AgentMetrics
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var identity: StoreIdentity?
            var isFailing = false
            while !Task.isCancelled {
                var pause = self.interval
                do {
                    // The identity of an Nginx is a time that is not exact: the text that was stored before is taken again.
                    if identity == nil { identity = try await self.store.storeIdentity() }
                    pause = Self.pause(interval: self.interval, now: try await self.sample(&identity))
                    isFailing = false
                } catch {
                    if Task.isCancelled { return }
                    self.metrics.statisticsFailures.increment()
                    self.logger.log(
                        level: isFailing ? .debug : .warning, "cannot sample push-stream's statistics",
                        metadata: ["error": "\(PushStreamError.text(of: error))"])
                    isFailing = true
                }
                try? await Task.sleep(for: pause)
            }
        }
    }

    /// - Returns: milliseconds since 1970 by Redis' clock.
    private func sample(_ identity: inout StoreIdentity?) async throws -> UInt64 {
        let answer = try await self.connector.ask(.summary(agent: self.store.agent))
        guard answer.status == 200 else { throw PushStreamError.statisticsStatus(answer.status) }
        guard let summary = StatisticsSummary(json: answer.body), let subscribers = summary.subscribers,
            let published = summary.publishedMessages
        else { throw PushStreamError.statisticsUnreadable }
        let found = StoreIdentity(instance: answer.instance, summary: summary)
        if let found, identity.map({ found.isSameStore(as: $0) }) != true { identity = found }
        let now = try await self.store.now()
        let sample = StatisticsSample(
            time: Int(now / 1_000), subscribers: max(0, Int(subscribers)), published: max(0, Int(published)),
            replayed: self.replayedMessages(),
            store: identity?.description ?? "unknown")
        try await self.store.save(sample, expiration: Self.expiration)
        return now
    }

    /// Until the middle of the next interval since 1970: so each slot gets a sample although no pause is exact.
    static func pause(interval: Duration, now: UInt64) -> Duration {
        let length = UInt64(max(1, interval.milliseconds))
        return .milliseconds(length - (now + length - length / 2) % length)
    }
}

extension AgentStore {
    func save(_ sample: StatisticsSample, expiration: Duration) async throws(RedisError) {
        let key = RedisKeys.series(agent: self.agent)
        let replies = try await self.redis.send(pipeline: [
            RedisCommand("HSET", key, sample.slot, sample.description),
            RedisCommand("PEXPIRE", key, Int(expiration.milliseconds)),
        ])
        for reply in replies {
            if let error = reply.error { throw error }
        }
    }
}
