import Logging
import ServiceLifecycle

/// Does something at once and then again after each interval, until shutdown.
struct PeriodicWorker: Service {
    /// The pause after a failure, unless the interval is shorter.
    static let retryPause = Duration.seconds(5)

    let worker: APIMetrics.Worker
    let interval: Duration
    let metrics: APIMetrics
    let logger: Logger
    let work: @Sendable () async throws -> APIMetrics.WorkerOutcome

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let outcome = await self.runOnce()
                let pause = outcome == .failed ? min(self.interval, Self.retryPause) : self.interval
                do {
                    try await Task.sleep(for: pause)
                } catch {
                    return
                }
            }
        }
    }

    private func runOnce() async -> APIMetrics.WorkerOutcome {
        var outcome = APIMetrics.WorkerOutcome.failed
        do {
            outcome = try await self.work()
        } catch {
            if Task.isCancelled { return .skipped }
            self.logger.warning("worker failed", metadata: ["worker": "\(self.worker.rawValue)", "error": "\(error)"])
        }
        self.metrics.ran(self.worker, outcome)
        return outcome
    }
}
