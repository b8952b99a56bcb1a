import Foundation
import Logging
import Metrics
import ServiceLifecycle
import Synchronization

/// Sends the outbox to push-api, one entry after the other; while push-api is away it tries again and again.
struct OutboxPublisher: Service {
    /// Pauses between tries of an entry.
    struct BackOff: Sendable {
        var first = Duration.milliseconds(500)
        var longest = Duration.seconds(10)

        /// - Parameter failures: In a row, 1 or more.
        func pause(after failures: Int) -> Duration { min(self.longest, self.first * (1 << min(failures - 1, 16))) }
    }

    /// What came of a try.
    private enum Outcome {
        case published
        /// It would be refused each time.
        case refused(String)
        case later(String, retryAfter: Duration?)
    }

    let outbox: Outbox
    let api: PushAPIClient
    let problem: OutboxProblem
    let metrics: DemoMetrics
    var backOff = BackOff()
    let logger: Logger

    func run() async {
        await cancelWhenGracefulShutdown { await self.publishAll() }
    }

    private func publishAll() async {
        var changes = self.outbox.signal.changes.makeAsyncIterator()
        var failures = 0
        while !Task.isCancelled {
            do {
                guard let entry = try await self.outbox.next() else {
                    self.problem.clear()
                    _ = await changes.next()
                    continue
                }
                switch await self.publish(entry) {
                case .published:
                    self.metrics.published.increment()
                    try await self.outbox.remove(entry)
                    failures = 0
                    self.problem.clear()
                    continue
                case .refused(let reason):
                    // It would stand in the way of all that follow.
                    self.metrics.refused.increment()
                    self.logger.error(
                        "change cannot be published", metadata: ["event": "\(entry.eventID)", "reason": "\(reason)"])
                    try await self.outbox.remove(entry)
                    continue
                case .later(let reason, let retryAfter):
                    failures += 1
                    if failures == 1 { self.logger.warning("change waits", metadata: ["reason": "\(reason)"]) }
                    self.metrics.failures.increment()
                    self.problem.set(reason)
                    try await Task.sleep(for: max(self.backOff.pause(after: failures), retryAfter ?? .zero))
                }
            } catch is CancellationError {
                return
            } catch {
                failures += 1
                self.logger.error("outbox cannot be read", metadata: ["error": "\(error)"])
                self.problem.set("the database does not answer")
                try? await Task.sleep(for: self.backOff.pause(after: failures))
            }
        }
    }

    private func publish(_ entry: Outbox.Entry) async -> Outcome {
        do throws(PushAPIClient.Failure) {
            for channel in entry.channels { try await self.api.ensure(channel) }
            try await self.api.publish(entry.payload, on: entry.channels.map(\.id), idempotencyKey: entry.eventID)
            return .published
        } catch {
            switch error {
            case .unreachable(let reason): return .later("push-api does not answer: \(reason)", retryAfter: nil)
            case .unexpected(let status): return .later("the answer has status \(status)", retryAfter: nil)
            case .refused(let status, _, let message, let retryAfter):
                let reason = "push-api answers with status \(status)" + (message.map { ": \($0)" } ?? "")
                return [400, 413, 422].contains(status) ? .refused(reason) : .later(reason, retryAfter: retryAfter)
            }
        }
    }
}

/// Why the outbox does not become shorter, for the status page.
final class OutboxProblem: Sendable {
    private let reason = Mutex<String?>(nil)

    var text: String? { self.reason.withLock { $0 } }

    func set(_ text: String) { self.reason.withLock { $0 = text } }
    func clear() { self.reason.withLock { $0 = nil } }
}
