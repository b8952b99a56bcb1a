import PushModels
import PushRedis
import Synchronization

/// Keeps every persistent channel alive on every push-stream, also on one that has lost its memory, for as long as the channel's
/// record lives.
///
/// Several push-apis share the work: whoever gets the lock does it, and leaves the lock to expire, so that the others leave the
/// rest of the interval alone.
final class PersistentChannelsWorker: Sendable {
    /// `SCAN` calls per run that look for channels the index lacks.
    private static let scanSteps = 10

    private let repository: ChannelRepository
    private let redis: RedisClient
    private let stream: MessageStream
    private let lock: RedisLock
    private let scanPosition = Mutex(RedisScanCursor.start)

    init(repository: ChannelRepository, redis: RedisClient, stream: MessageStream, lock: RedisLock) {
        self.repository = repository
        self.redis = redis
        self.stream = stream
        self.lock = lock
    }

    func run() async throws -> APIMetrics.WorkerOutcome {
        guard let lease = try await self.lock.acquire() else { return .skipped }
        do {
            try await self.ensureAll(holding: lease)
            let position = try await self.repository.reindex(from: self.scanPosition.withLock { $0 }, steps: Self.scanSteps)
            self.scanPosition.withLock { $0 = position }
        } catch {
            // Another push-api may have more luck at once.
            _ = try? await lease.release()
            throw error
        }
        return .done
    }

    private func ensureAll(holding lease: RedisLock.Lease) async throws {
        var renewed = ContinuousClock.now
        try await self.repository.forEachPage(size: StreamEntry.maximumEnsuredChannels) { channels in
            if renewed.duration(to: .now) > self.lock.timeToLive / 2 {
                guard try await lease.renew() else { throw LostLock() }
                renewed = .now
            }
            try await self.redis.send(self.stream.append(.ensureChannels(channels)))
        }
    }

    private struct LostLock: Error, CustomStringConvertible {
        let description = "the lock was lost before all channels were done"
    }
}
