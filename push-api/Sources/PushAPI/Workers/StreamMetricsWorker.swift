/// Keeps the metrics of the stream and of the agents up to date. Every push-api does it for its own `/metrics`.
struct StreamMetricsWorker: Sendable {
    let repository: AgentsRepository
    let metrics: StreamMetrics

    func run() async throws -> APIMetrics.WorkerOutcome {
        do {
            self.metrics.update(try await self.repository.snapshot())
        } catch {
            // Old figures would look as if all were well.
            self.metrics.clear()
            throw error
        }
        return .done
    }
}
