import Logging
import Metrics
import PushRedis
import PushRuntime
import PushaasProvisioning
import ServiceLifecycle

/// Keeps gauges of all instances and of the queue, in each process, so that each can be asked for them.
public struct InstanceMetricsWorker: Service {
    private let repository: InstanceRepository
    private let redis: RedisClient
    private let keys: InstanceKeys
    private let interval: Duration
    private let gauges: InstanceGauges
    private let logger: Logger

    /// - Parameter interval: how old the figures may be.
    public init(
        redis: RedisClient, keys: InstanceKeys, interval: Duration = .seconds(30), registry: PrometheusRegistry, logger: Logger
    ) {
        self.repository = InstanceRepository(redis: redis, keys: keys, logger: logger)
        self.redis = redis
        self.keys = keys
        self.interval = interval
        self.gauges = InstanceGauges(registry: registry)
        self.logger = logger
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await self.update()
                } catch {
                    if Task.isCancelled { return }
                    self.logger.warning("figures of instances are not known", metadata: ["error": "\(error)"])
                }
                do { try await Task.sleep(for: self.interval) } catch { return }
            }
        }
    }

    func update() async throws {
        let live = try await self.repository.instances()
        let destroyed = try await self.repository.destroyed()
        self.gauges.show(live, destroyed, try await JobQueue.figures(redis: self.redis, keys: self.keys))
    }
}

/// The gauges themselves.
final class InstanceGauges: Sendable {
    private let instances: [String: Gauge]
    private let leftovers: Gauge
    private let drifting: Gauge
    private let jobs: [String: Gauge]
    private let oldestJob: Gauge

    init(registry: PrometheusRegistry) {
        registry.describe("pushaas_instances", help: "Instances by status; destroyed are those of which something is left.")
        registry.describe("pushaas_leftovers", help: "What could not be removed yet, over all instances.")
        registry.describe("pushaas_instances_with_drift", help: "Running instances whose last inspection found a difference.")
        registry.describe("pushaas_queue_jobs", help: "Jobs in Redis by what they wait for: a worker, its end, or a time.")
        registry.describe("pushaas_queue_oldest_seconds", help: "Age of the oldest job that waits for a worker or is worked on.")
        self.instances = Dictionary(
            uniqueKeysWithValues: (InstanceStatus.allCases.map(\.rawValue) + ["destroyed"]).map {
                ($0, Gauge(label: "pushaas_instances", dimensions: [("status", $0)], factory: registry))
            })
        self.leftovers = Gauge(label: "pushaas_leftovers", factory: registry)
        self.drifting = Gauge(label: "pushaas_instances_with_drift", factory: registry)
        self.jobs = Dictionary(
            uniqueKeysWithValues: ["waiting", "running", "delayed"].map {
                ($0, Gauge(label: "pushaas_queue_jobs", dimensions: [("state", $0)], factory: registry))
            })
        self.oldestJob = Gauge(label: "pushaas_queue_oldest_seconds", factory: registry)
    }

    func show(_ live: [Instance], _ destroyed: [DestroyedInstance], _ queue: JobQueue.Figures) {
        for status in InstanceStatus.allCases {
            self.instances[status.rawValue]?.record(live.count { $0.status == status })
        }
        self.instances["destroyed"]?.record(destroyed.count)
        self.leftovers.record((live + destroyed.map(\.instance)).reduce(0) { $0 + $1.leftovers.count })
        self.drifting.record(live.count { !$0.drift.isEmpty })
        self.jobs["waiting"]?.record(queue.waiting)
        self.jobs["running"]?.record(queue.running)
        self.jobs["delayed"]?.record(queue.delayed)
        self.oldestJob.record(Double(queue.oldest) / 1000)
    }
}
