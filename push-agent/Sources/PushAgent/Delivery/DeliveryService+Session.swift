import Logging
import Metrics
import NIOCore
import PushRedis
import Synchronization

extension DeliveryService {
    /// A connection that lasted this long was of use even if nothing was published on it.
    private static let usefulLifetime = Duration.seconds(5)

    /// One connection to push-stream after the other, until the task is cancelled.
    func keepConnected() async {
        var failures = 0
        while !Task.isCancelled {
            let answersBefore = self.coordinator.answerCount
            let begin = ContinuousClock.now
            var reason = PushStreamError.connectionClosed.description
            do {
                try await self.connector.withConnection { try await self.runSession($0) }
            } catch {
                reason = PushStreamError.text(of: error)
            }
            self.metrics.connected.record(0)
            if Task.isCancelled { return }
            // Nginx closes a connection after `keepalive_requests` or `keepalive_timeout`, which is no failure.
            if self.coordinator.answerCount > answersBefore || begin.duration(to: .now) >= Self.usefulLifetime {
                failures = 0
                self.logger.info("reconnecting to push-stream", metadata: ["reason": "\(reason)"])
            } else {
                failures += 1
                self.logger.warning(
                    "cannot deliver to push-stream",
                    metadata: ["reason": "\(reason)", "push-stream": "\(self.connector.address)"])
                try? await Task.sleep(for: BackOff().delay(attempt: failures))
            }
        }
    }

    /// From the question for push-stream's store to the end of the connection.
    private func runSession(_ connection: PushStreamConnection) async throws {
        let identity = try Self.identity(try await connection.ask(.summary(agent: self.store.agent)))
        // A known store needs no window, and its messages can be delivered while Redis is away.
        let isKnown = self.tracker.withLock { $0.known?.isSameStore(as: identity) ?? false }
        let windowStart = isKnown ? .zero : try await self.store.windowStart(self.settings.replayWindow)
        let position = self.coordinator.position
        let decision = self.tracker.withLock { $0.connected(to: identity, position: position, windowStart: windowStart) }

        self.metrics.connections.increment()
        self.metrics.connected.record(1)
        defer { self.endSession() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            switch decision {
            case .goOn:
                self.coordinator.connected(storeIsNew: false, replaying: false)
                // Redis may have lost it, or not have got it on an earlier connection.
                if let known = self.tracker.withLock({ $0.known }) { group.addTask { await self.remember(known) } }
            case .adopt(let identity):
                self.coordinator.connected(storeIsNew: true, replaying: false)
                group.addTask { await self.remember(identity) }
            case .replay(let plan):
                self.logger.notice(
                    "push-stream's store is new, replaying messages",
                    metadata: ["after": "\(plan.after)", "through": "\(plan.through)"])
                self.coordinator.connected(storeIsNew: true, replaying: true)
                group.addTask { await self.replay(plan) }
            }
            try await connection.publish { handler in
                let session = DeliverySession(
                    handler, coordinator: self.coordinator, metrics: self.metrics, logger: self.logger,
                    eventLoop: connection.eventLoop)
                session.start()
            }
            group.cancelAll()
        }
    }

    private func endSession() {
        if let id = self.coordinator.replayedThrough { self.tracker.withLock { $0.replayed(through: id) } }
        self.coordinator.disconnected()
    }

    private static func identity(_ answer: PushStreamResponse) throws(PushStreamError) -> StoreIdentity {
        guard answer.status == 200 else { throw .statisticsStatus(answer.status) }
        guard let identity = StoreIdentity(instance: answer.instance, summary: StatisticsSummary(json: answer.body)) else {
            throw .statisticsUnreadable
        }
        return identity
    }

    // MARK: A new store

    /// Sends what the history still needs, then remembers the store. Without end if Redis does not answer.
    private func replay(_ plan: ReplayPlan) async {
        var after = plan.after
        while after < plan.through, !Task.isCancelled {
            await self.coordinator.waitForReplayCapacity()
            let read = await self.untilRedisAnswers {
                try await self.store.entries(after: after, count: self.settings.batchSize)
            }
            guard let read else { return }
            let entries = read.prefix { $0.id <= plan.through }
            if !entries.isEmpty { self.coordinator.enqueueReplay(Array(entries)) }
            guard let last = entries.last, entries.count == read.count else { break }
            after = last.id
        }
        guard await self.coordinator.finishReplay() else { return }
        if let identity = self.tracker.withLock({ $0.replayFinished() }) {
            await self.remember(identity)
            self.logger.notice("replayed what push-stream's history needs")
        }
    }

    private func remember(_ identity: StoreIdentity) async {
        _ = await self.untilRedisAnswers { try await self.store.save(store: identity) }
    }
}
