import Logging
import Metrics
import PushRedis

/// Reads the stream from the agent's position on, a batch at a time, as long as the pipeline has room.
struct MessageReader: Sendable {
    /// Blocks, so it has its client to itself.
    let redis: RedisClient
    let store: AgentStore
    let coordinator: DeliveryCoordinator
    let settings: SubscriptionSettings
    let metrics: AgentMetrics
    let logger: Logger

    /// Reads until the task is cancelled.
    ///
    /// - Parameter readCount: what Redis kept.
    func run(position: StreamID?, readCount: ReadCount?, windowStart: StreamID) async {
        var cursor = ReadCursor(position: position, readCount: readCount, windowStart: windowStart)
        var kept = readCount
        var mustCheckBounds = true
        var failures = 0
        while !Task.isCancelled {
            if !self.coordinator.hasCapacity {
                // Whatever is trimmed while nothing is read would be missed without a sign.
                mustCheckBounds = true
                await self.coordinator.waitForCapacity()
                continue
            }
            do {
                if mustCheckBounds {
                    try await self.checkBounds(&cursor, &kept)
                    mustCheckBounds = false
                }
                let entries = try await self.read(after: cursor.id)
                // A full batch means that more waits; no entry at all may mean that new ids are lower than the cursor.
                mustCheckBounds = entries.isEmpty || entries.count == self.settings.batchSize
                failures = 0
                guard !entries.isEmpty else { continue }
                self.metrics.batchSize.record(entries.count)
                for entry in entries where entry.requests.isEmpty {
                    self.logger.warning("skipping a stream entry of an unknown kind", metadata: ["entry": "\(entry.id)"])
                }
                cursor.advanced(through: entries.lazy.map(\.id))
                self.coordinator.enqueue(entries, epoch: cursor.epoch, place: cursor.readCount?.count)
            } catch {
                if Task.isCancelled { return }
                failures += 1
                mustCheckBounds = true
                self.logger.warning("cannot read the stream", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: BackOff().delay(attempt: failures))
            }
        }
    }

    /// Milliseconds that Redis waits for an entry: also how soon ids that went back are noticed.
    private static let block = 2_000

    private func read(after id: StreamID) async throws(RedisError) -> [DeliveryEntry] {
        let timeout = .milliseconds(Self.block) + self.redis.configuration.commandTimeout
        let command = RedisCommand.read(after: id, count: self.settings.batchSize, block: Self.block)
        return try DeliveryEntry.list(try await self.redis.send(command, timeout: timeout))
    }

    /// - Parameter kept: the count that Redis has.
    private func checkBounds(_ cursor: inout ReadCursor, _ kept: inout ReadCount?) async throws(RedisError) {
        let bounds = try await self.store.bounds()
        let windowStart = try await self.store.windowStart(self.settings.replayWindow)
        let before = cursor.id
        let finding = cursor.observed(bounds, windowStart: windowStart)
        // Only a position at the end can be trimmed while nothing waits behind it. Its place may have been learnt only now.
        if let count = cursor.readCount, count.id == bounds.last, count.id == self.coordinator.position, count != kept {
            // Both at once: the position may not be stored yet, and an agent that starts with a count ahead of it finds a gap there.
            try await self.store.save(position: count.id, place: count.count)
            kept = count
        }
        switch finding {
        case .inOrder:
            return
        case .gap(let after, let oldest):
            self.metrics.gaps.increment()
            self.logger.error(
                "the stream was trimmed past the position, messages are lost; going on with the oldest there is",
                metadata: ["position": "\(after)", "oldest": "\(oldest)"])
        case .tailLost(let last):
            self.metrics.restarts.increment()
            self.logger.warning(
                "Redis lost its latest stream entries; they were read before",
                metadata: ["position": "\(before)", "last": "\(last)"])
        case .startOver(let last):
            self.metrics.restarts.increment()
            self.logger.warning(
                "the stream is another one than before; reading what the history needs",
                metadata: ["position": "\(before)", "last": "\(last)"])
        }
    }
}
