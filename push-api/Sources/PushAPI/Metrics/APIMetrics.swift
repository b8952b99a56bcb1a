import Metrics
import PushRuntime

/// What push-api counts beside its requests. Labels are bounded: error codes and outcomes, never a channel.
struct APIMetrics: Sendable {
    let messagesPublished: Counter
    /// From the command to Redis' answer, in seconds.
    let publishDuration: Metrics.Timer
    /// Requests that repeated an earlier one and got its answer.
    let publicationsReplayed: Counter
    let channelsCreated: Counter
    private let errors: [Int: Counter]
    private let otherErrors: Counter
    private let workerRuns: [String: Counter]

    enum WorkerOutcome: String, CaseIterable {
        case done
        /// Another push-api did it in this interval.
        case skipped
        case failed
    }

    enum Worker: String, CaseIterable {
        case persistentChannels = "persistent_channels"
        case housekeeping
        case metrics
    }

    init(registry: PrometheusRegistry) {
        registry.describe("push_api_messages_published_total", help: "Messages that Redis has taken, counted by channel entry.")
        registry.describe("push_api_publish_duration_seconds", help: "From sending messages to Redis until its answer.")
        registry.describe(
            "push_api_publications_replayed_total",
            help: "Requests that got the answer of an earlier one with their Idempotency-Key.")
        registry.describe("push_api_channels_created_total", help: "Persistent channels created.")
        registry.describe("push_api_errors_total", help: "Error answers by the code in their body.")
        registry.describe("push_api_worker_runs_total", help: "Runs of background workers by outcome.")
        self.messagesPublished = Counter(label: "push_api_messages_published_total", factory: registry)
        self.publishDuration = Timer(label: "push_api_publish_duration_seconds", factory: registry)
        self.publicationsReplayed = Counter(label: "push_api_publications_replayed_total", factory: registry)
        self.channelsCreated = Counter(label: "push_api_channels_created_total", factory: registry)
        self.errors = Dictionary(
            uniqueKeysWithValues: ErrorCode.allCases.map { code in
                let labels = [("code", String(code.rawValue))]
                return (code.rawValue, Counter(label: "push_api_errors_total", dimensions: labels, factory: registry))
            })
        self.otherErrors = Counter(label: "push_api_errors_total", dimensions: [("code", "other")], factory: registry)
        let runs = Worker.allCases.flatMap { worker in WorkerOutcome.allCases.map { (worker, $0) } }
        self.workerRuns = Dictionary(
            uniqueKeysWithValues: runs.map { worker, outcome in
                let labels = [("worker", worker.rawValue), ("outcome", outcome.rawValue)]
                let counter = Counter(label: "push_api_worker_runs_total", dimensions: labels, factory: registry)
                return ("\(worker.rawValue) \(outcome.rawValue)", counter)
            })
    }

    /// - Parameter code: One that is not of ``ErrorCode`` (401, say) is counted as `other`.
    func failed(code: Int) {
        (self.errors[code] ?? self.otherErrors).increment()
    }

    func ran(_ worker: Worker, _ outcome: WorkerOutcome) {
        self.workerRuns["\(worker.rawValue) \(outcome.rawValue)"]?.increment()
    }
}
