import Logging
import Metrics
import NIOCore

/// Publishes over one connection what the coordinator has. Touched by the connection's event loop alone.
///
/// All that happens to a message between the read of the stream and the answer happens in one turn of that loop each: no task is
/// resumed and no thread is woken for it.
final class DeliverySession: PublishDelegate {
    private let coordinator: DeliveryCoordinator
    private let metrics: AgentMetrics
    private let logger: Logger
    private let connection: PushStreamChannelHandler
    private let eventLoop: any EventLoop
    private var backOff: Scheduled<Void>?
    /// Statuses of the answers of this read.
    private var statuses: [Int] = []

    init(
        _ connection: PushStreamChannelHandler, coordinator: DeliveryCoordinator, metrics: AgentMetrics, logger: Logger,
        eventLoop: any EventLoop
    ) {
        self.connection = connection
        self.coordinator = coordinator
        self.metrics = metrics
        self.logger = logger
        self.eventLoop = eventLoop
    }

    /// Sends what waits, and from now on whatever the coordinator gets, as long as the connection is open.
    func start() {
        guard self.connection.publish(for: self) else { return }
        // Weak, or the coordinator would keep the session of a connection that is gone.
        let session = NIOLoopBound(WeakSession(session: self), eventLoop: self.eventLoop)
        let eventLoop = self.eventLoop
        self.coordinator.onWork {
            if eventLoop.inEventLoop {
                session.value.session?.send()
            } else {
                eventLoop.execute { session.value.session?.send() }
            }
        }
        self.send()
    }

    // MARK: Sending

    private func send() {
        guard self.connection.isOpen, self.backOff == nil else { return }
        switch self.coordinator.next() {
        case .send(let requests):
            self.connection.send(requests)
        case .backOff(let attempt):
            let session = NIOLoopBound(WeakSession(session: self), eventLoop: self.eventLoop)
            self.backOff = self.eventLoop.scheduleTask(in: TimeAmount(BackOff().delay(attempt: attempt))) {
                session.value.session?.backOffElapsed()
            }
        case .suspend:
            break
        }
    }

    private func backOffElapsed() {
        self.backOff = nil
        // Another connection has its own back-off.
        guard self.connection.isOpen else { return }
        self.coordinator.backOffElapsed()
        self.send()
    }

    // MARK: Answers

    func answered(_ response: PushStreamResponse) -> Bool {
        self.statuses.append(response.status)
        // After a failure no more answers can be trusted: an Nginx with the module takes the body that it left unread for the next
        // request.
        return AnswerDisposition(status: response.status) != .failed
    }

    func answersWereRead() {
        guard !self.statuses.isEmpty else { return }
        let answers = self.coordinator.answered(statuses: self.statuses)
        for (answered, status) in zip(answers, self.statuses) { self.note(answered, status: status) }
        self.count(answers)
        self.statuses.removeAll(keepingCapacity: true)
        // Half of what may be in flight goes out at once, rather than one request for each answer.
        if self.coordinator.hasRoomInFlight { self.send() }
    }

    private func note(_ answered: DeliveryPipeline.Answered, status: Int) {
        switch answered.answer {
        case .delivered, .deliveredOutOfOrder:
            break
        case .retry:
            self.metrics.retried.increment()
            self.logger.debug(
                "push-stream wants a message again", metadata: ["entry": "\(answered.id)", "status": "\(status)"])
        case .refused:
            self.metrics.refused.increment()
            self.logger.error(
                "push-stream refused a message, skipping it",
                metadata: [
                    "entry": "\(answered.id)", "status": "\(status)", "channel": "\(answered.request?.channel ?? "")",
                ])
        case .unexpected:
            self.connection.end(PushStreamError.unexpectedAnswer)
        }
    }

    private func count(_ answers: [DeliveryPipeline.Answered]) {
        let now = WallClock.milliseconds()
        var (delivered, replayed, ensured) = (0, 0, 0)
        for answered in answers where answered.answer == .delivered {
            guard case .message = answered.request?.content else {
                ensured += 1
                continue
            }
            switch answered.lane {
            case .replay:
                replayed += 1
            case .live:
                delivered += 1
                self.metrics.delay.recordMilliseconds(Int64(now - min(now, answered.id.milliseconds)))
            }
        }
        if delivered > 0 { self.metrics.delivered.increment(by: delivered) }
        if ensured > 0 { self.metrics.ensured.increment(by: ensured) }
        if replayed > 0 {
            self.metrics.replayed.increment(by: replayed)
            self.coordinator.countReplayed(replayed)
        }
    }
}

/// Lets others name a session that may be gone.
private struct WeakSession {
    weak var session: DeliverySession?
}
