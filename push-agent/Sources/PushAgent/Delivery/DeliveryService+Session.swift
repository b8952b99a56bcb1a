import Logging
import Metrics
import NIOCore
import PushRedis
import Synchronization

extension DeliveryService {
    private typealias Responses = PushStreamConnector.Responses

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
                try await self.connector.withConnection { connection, responses in
                    try await self.runSession(connection, responses)
                }
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
    private func runSession(_ connection: PushStreamConnection, _ responses: Responses) async throws {
        var answers = responses.makeAsyncIterator()
        try await connection.send([.summary(agent: self.store.agent)])
        guard let first = try await answers.next() else { throw PushStreamError.connectionClosed }
        let identity = try Self.identity(first)
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
            group.addTask { try await self.write(to: connection) }
            while first.keepsAlive, let answer = try await answers.next() {
                try self.handle(answer)
                // After a failure no more answers can be trusted: an Nginx with the module takes the body that it left unread for the
                // next request.
                guard answer.keepsAlive, AnswerDisposition(status: answer.status) != .failed else { break }
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

    // MARK: Sending

    private func write(to connection: PushStreamConnection) async throws {
        while !Task.isCancelled {
            switch self.coordinator.next() {
            case .send(let requests):
                try await connection.send(requests.map { .publish($0) })
            case .backOff(let attempt):
                try await Task.sleep(for: BackOff().delay(attempt: attempt))
                self.coordinator.backOffElapsed()
            case .suspend:
                await self.coordinator.waitForWork()
            }
        }
    }

    private func handle(_ response: PushStreamResponse) throws(PushStreamError) {
        let answered = self.coordinator.answered(status: response.status)
        switch answered.answer {
        case .delivered:
            self.count(answered)
        case .deliveredOutOfOrder:
            break
        case .retry:
            self.metrics.retried.increment()
            self.logger.debug(
                "push-stream wants a message again", metadata: ["entry": "\(answered.id)", "status": "\(response.status)"])
        case .refused:
            self.metrics.refused.increment()
            self.logger.error(
                "push-stream refused a message, skipping it",
                metadata: [
                    "entry": "\(answered.id)", "status": "\(response.status)", "channel": "\(answered.request?.channel ?? "")",
                ])
        case .unexpected:
            throw .unexpectedAnswer
        }
    }

    private func count(_ answered: DeliveryPipeline.Answered) {
        guard case .message = answered.request?.content else {
            self.metrics.ensured.increment()
            return
        }
        switch answered.lane {
        case .replay:
            self.metrics.replayed.increment()
            self.coordinator.countReplayed()
        case .live:
            self.metrics.delivered.increment()
            let now = WallClock.milliseconds()
            self.metrics.delay.recordMilliseconds(Int64(now - min(now, answered.id.milliseconds)))
        }
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
