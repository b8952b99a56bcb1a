import Metrics
import PushRuntime
import Synchronization

/// What workers count. Labels are bounded: kinds, results, and the names of the provider's steps; never an instance.
public final class JobMetrics: Sendable {
    enum Result: String, Sendable, CaseIterable {
        case done
        case failed
        /// Put off after a temporary failure.
        case retried
        /// The worker was cut off and has left it to another one.
        case lost
    }

    enum Direction: String, Sendable, CaseIterable {
        case run
        case undo
    }

    private struct Step: Hashable {
        let name: String
        let direction: Direction
        let succeeded: Bool
    }

    private let registry: PrometheusRegistry
    private let provider: String
    private let results: [String: Counter]
    private let takenOver: Counter
    private let running: Meter
    private let steps = Mutex<[Step: Metrics.Timer]>([:])

    /// - Parameter provider: the provider's name, a label.
    public init(registry: PrometheusRegistry, provider: String) {
        registry.describe("pushaas_jobs_total", help: "Jobs by kind and by how a worker's turn at them ended.")
        registry.describe("pushaas_jobs_taken_over_total", help: "Jobs of workers that had not been heard of for a while.")
        registry.describe("pushaas_jobs_running", help: "Jobs that this process works on.")
        registry.describe(
            "pushaas_step_duration_seconds", help: "Time that a provider's step took, by its name, direction and result.",
            buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600])
        self.registry = registry
        self.provider = provider
        var results: [String: Counter] = [:]
        for kind in JobKind.allCases {
            for result in Result.allCases {
                results["\(kind.rawValue) \(result.rawValue)"] = Counter(
                    label: "pushaas_jobs_total", dimensions: [("kind", kind.rawValue), ("result", result.rawValue)],
                    factory: registry)
            }
        }
        self.results = results
        self.takenOver = Counter(label: "pushaas_jobs_taken_over_total", factory: registry)
        self.running = Meter(label: "pushaas_jobs_running", factory: registry)
        self.running.set(0)
    }

    func ended(_ kind: JobKind, _ result: Result) {
        self.results["\(kind.rawValue) \(result.rawValue)"]?.increment()
    }

    func tookOver(_ count: Int) {
        if count > 0 { self.takenOver.increment(by: count) }
    }

    func began() { self.running.increment() }

    func stopped() { self.running.decrement() }

    func ran(step: String, _ direction: Direction, succeeded: Bool, _ duration: Duration) {
        let key = Step(name: step, direction: direction, succeeded: succeeded)
        let timer = self.steps.withLock { steps in
            if let timer = steps[key] { return timer }
            let timer = Timer(
                label: "pushaas_step_duration_seconds",
                dimensions: [
                    ("provider", self.provider), ("step", step), ("direction", direction.rawValue),
                    ("result", succeeded ? "done" : "failed"),
                ], factory: self.registry)
            steps[key] = timer
            return timer
        }
        timer.recordNanoseconds(Int64(duration / .nanoseconds(1)))
    }
}
