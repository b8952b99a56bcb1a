import Metrics
import PushRuntime

/// What the reconciler counts. The process that reconciled last shows what it found.
public final class ReconcilerMetrics: Sendable {
    enum Outcome: String, CaseIterable {
        case done
        case failed
    }

    private let runs: [String: Counter]
    private let drifting: Gauge
    private let uninspected: Gauge
    private let unknown: Gauge
    private let removed: Counter
    private let jobs: Counter

    public init(registry: PrometheusRegistry) {
        registry.describe("pushaas_reconciliations_total", help: "Reconciliations of this process by outcome.")
        registry.describe(
            "pushaas_instances_drifting",
            help: "Running instances that differed from their plan, when this process reconciled last.")
        registry.describe("pushaas_instances_uninspected", help: "Running instances that the provider could not tell of then.")
        registry.describe("pushaas_unknown_resources", help: "Resources with this installation's tags that no instance had then.")
        registry.describe(
            "pushaas_stray_resources_removed_total", help: "Resources of instances that were gone, removed by the reconciler.")
        registry.describe("pushaas_jobs_added_total", help: "Jobs that the reconciler added for instances that waited.")
        self.runs = Dictionary(
            uniqueKeysWithValues: Outcome.allCases.map {
                (
                    $0.rawValue,
                    Counter(label: "pushaas_reconciliations_total", dimensions: [("outcome", $0.rawValue)], factory: registry)
                )
            })
        self.drifting = Gauge(label: "pushaas_instances_drifting", factory: registry)
        self.uninspected = Gauge(label: "pushaas_instances_uninspected", factory: registry)
        self.unknown = Gauge(label: "pushaas_unknown_resources", factory: registry)
        self.removed = Counter(label: "pushaas_stray_resources_removed_total", factory: registry)
        self.jobs = Counter(label: "pushaas_jobs_added_total", factory: registry)
    }

    func ran(_ outcome: Outcome) { self.runs[outcome.rawValue]?.increment() }

    func show(_ report: ReconciliationReport) {
        self.drifting.record(report.drifting.count)
        self.uninspected.record(report.uninspected.count)
        self.unknown.record(report.unknownCount)
        self.removed.increment(by: report.removed)
        self.jobs.increment(by: report.jobsAdded)
    }
}
