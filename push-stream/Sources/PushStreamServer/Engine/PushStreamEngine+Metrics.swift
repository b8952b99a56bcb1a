import PushStreamCore
import Synchronization

extension PushStreamEngine {
    /// What `push_stream_metrics` answers: Prometheus' text format, version 0.0.4, for a program that the engine runs in.
    ///
    /// - Returns: nothing of an engine that does not run.
    public func metricsText() -> String {
        running.withLock { $0?.context }?.metricsText(now: ProcessIdentity.now()) ?? ""
    }
}

extension EngineContext {
    /// - Returns: nil if the store cannot be read.
    func metricsText(now: Int) -> String? {
        guard let summary = try? store.withTable({ $0.summary(now: now) }) else { return nil }
        return metrics().render(store: summary, isReady: isReady.load(ordering: .relaxed))
    }
}
