import Logging
import PushRedis
import PushaasProvisioning
import ServiceLifecycle

/// Sees to it, every few minutes, that what there is becomes what there should be.
///
/// Of all pushaas processes one does it in each interval. It adds jobs for instances that wait without one, has what could not be removed
/// tried again, finishes what unbinding left, removes what bears the id of an instance that is gone, compares running instances with their
/// plans, and tells of resources that nobody knows.
public struct Reconciler: Service {
    /// Instances that are inspected at a time.
    private static let concurrency = 4

    let redis: RedisClient
    let keys: InstanceKeys
    let repository: InstanceRepository
    let provider: any Provider
    let inspector: InstanceInspector
    let interval: Duration
    let metrics: ReconcilerMetrics
    let finishUnbinds: @Sendable () async throws -> Void
    let logger: Logger

    /// - Parameters:
    ///   - interval: 10 minutes as a rule.
    ///   - finishUnbinds: revokes what unbinding could not, for all instances.
    public init(
        redis: RedisClient, keys: InstanceKeys, provider: any Provider, interval: Duration = .seconds(600),
        metrics: ReconcilerMetrics, logger: Logger, finishUnbinds: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.redis = redis
        self.keys = keys
        self.repository = InstanceRepository(redis: redis, keys: keys, logger: logger)
        self.provider = provider
        self.inspector = InstanceInspector(repository: self.repository, provider: provider)
        self.interval = interval
        self.metrics = metrics
        self.finishUnbinds = finishUnbinds
        self.logger = logger
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await self.reconcileUnlessDone()
                } catch {
                    if Task.isCancelled { return }
                    self.metrics.ran(.failed)
                    self.logger.warning("reconciliation has failed", metadata: ["error": "\(error)"])
                }
                do {
                    // Part of the interval, so that another process whose turn it was and that is gone is not waited for twice.
                    try await Task.sleep(for: self.interval / 2)
                } catch {
                    return
                }
            }
        }
    }

    /// Reconciles unless a pushaas has done so within the interval.
    ///
    /// The lock is left to run out: it is what keeps the others from doing the same. Nothing depends on there being one only.
    @discardableResult
    func reconcileUnlessDone() async throws -> ReconciliationReport? {
        let lock = RedisLock(client: self.redis, key: self.keys.reconcilerLock, timeToLive: self.interval * 0.9)
        guard let lease = try await lock.acquire() else { return nil }
        do {
            let report = try await self.reconcile()
            self.metrics.ran(.done)
            return report
        } catch {
            // Another process may have more luck at once.
            _ = try? await lease.release()
            throw error
        }
    }

    /// Does all of it once. A part that fails does not keep the others from their turn.
    func reconcile() async throws -> ReconciliationReport {
        var report = ReconciliationReport(
            time: 0, drifting: [], uninspected: [:], unknownResources: [], unknownCount: 0, removed: 0, problems: [], jobsAdded: 0
        )
        // Resources first: an instance that is created after this question has none among the answers.
        var resources: [Resource] = []
        do {
            resources = try await self.provider.resources()
        } catch {
            report.problems.append("the provider did not tell its resources: \(error)")
        }
        let live = try await self.repository.instances()
        let destroyed = try await self.repository.destroyed()
        try await self.wake(live, destroyed, resources, &report)
        try await self.removeStray(resources, live, destroyed, &report)
        await self.inspect(live.filter { $0.status == .running }, &report)
        do {
            try await self.finishUnbinds()
        } catch {
            report.problems.append("binds could not be revoked: \(error)")
        }
        let queue = self.queue
        do {
            try await queue.removeIdleConsumers(idle: max(self.interval, .seconds(600)))
        } catch let error as RedisError where error.code.serverCode != nil {
            // There is no stream or no group yet.
        }
        report.time = RecordCoding.now()
        try await self.redis.set(self.keys.reconciliation, try RecordCoding.encode(report))
        self.metrics.show(report)
        for problem in report.problems {
            self.logger.warning("reconciliation is incomplete", metadata: ["problem": "\(problem)"])
        }
        if report.unknownCount > 0 {
            self.logger.warning(
                "there are resources with the tags of this installation that no instance has",
                metadata: [
                    "count": "\(report.unknownCount)",
                    "first": "\(report.unknownResources.first.map { "\($0.kind) \($0.identifier)" } ?? "")",
                ])
        }
        return report
    }

    private var queue: JobQueue {
        JobQueue(redis: self.redis, reader: self.redis, keys: self.keys, consumer: "reconciler")
    }

    // MARK: Jobs

    /// Adds a job for each instance that waits for something and is not being worked on. One too many does no harm.
    private func wake(
        _ live: [Instance], _ destroyed: [DestroyedInstance], _ resources: [Resource], _ report: inout ReconciliationReport
    ) async throws {
        let owners = Set(resources.compactMap(\.instance))
        for instance in live {
            let kind: JobKind
            switch instance.status {
            case .pending: kind = .create
            case .updating: kind = .update
            case .running:
                guard !instance.leftovers.isEmpty else { continue }
                kind = .update
            case .failed:
                // Also what was made after all was taken away, by a worker that had been cut off.
                guard !instance.leftovers.isEmpty || owners.contains(instance.id) else { continue }
                kind = .create
            }
            guard try await !self.isLocked(instance.id) else { continue }
            try await self.queue.add(Job(kind: kind, id: instance.id, name: instance.name))
            report.jobsAdded += 1
        }
        for instance in destroyed {
            guard try await !self.isLocked(instance.id) else { continue }
            // One that had given up gets new patience.
            if !instance.instance.leftovers.isEmpty { _ = try await self.repository.retryDestroyed(instance.id) }
            try await self.queue.add(Job(kind: .destroy, id: instance.id, name: instance.instance.name))
            report.jobsAdded += 1
        }
    }

    private func isLocked(_ id: InstanceID) async throws -> Bool {
        try await self.redis.send(RedisCommand("EXISTS", self.keys.lock(id))).int == 1
    }

    // MARK: Resources

    /// Removes what bears the id of an instance that is gone, and tells of what bears an id that nobody knows.
    private func removeStray(
        _ resources: [Resource], _ live: [Instance], _ destroyed: [DestroyedInstance], _ report: inout ReconciliationReport
    ) async throws {
        let known = Set(live.map(\.id)).union(destroyed.map(\.id))
        for resource in resources {
            if let id = resource.instance {
                if known.contains(id) { continue }
                // Not among the records that were read: by now it may be gone for good.
                let gone = try await self.redis.send(RedisCommand("ZSCORE", self.keys.gone, id.rawValue))
                if !gone.isNull {
                    do {
                        try await self.provider.remove(resource)
                        report.removed += 1
                        self.logger.info(
                            "resource of an instance that is gone was removed",
                            metadata: ["kind": "\(resource.kind)", "resource": "\(resource.identifier)", "id": "\(id)"])
                    } catch {
                        report.problems.append("\(resource.kind) \(resource.identifier) could not be removed: \(error)")
                    }
                    continue
                }
                if try await self.redis.send(RedisCommand("EXISTS", self.keys.destroyed(id))).int == 1 { continue }
            }
            report.unknownCount += 1
            if report.unknownResources.count < ReconciliationReport.maximumResources { report.unknownResources.append(resource) }
        }
    }

    // MARK: Drift

    private func inspect(_ instances: [Instance], _ report: inout ReconciliationReport) async {
        let inspector = self.inspector
        await withTaskGroup(of: Inspection.self) { group in
            var rest = instances[...]
            func next() {
                guard let instance = rest.popFirst() else { return }
                group.addTask {
                    do {
                        return Inspection(name: instance.name, differences: try await inspector.inspect(instance), problem: nil)
                    } catch {
                        return Inspection(name: instance.name, differences: [], problem: "\(error)")
                    }
                }
            }
            for _ in 0..<Self.concurrency { next() }
            while let inspection = await group.next() {
                if !inspection.differences.isEmpty { report.drifting.append(inspection.name) }
                if let problem = inspection.problem { report.uninspected[inspection.name] = problem }
                next()
            }
        }
        report.drifting.sort()
    }
}

/// What a look at an instance has shown.
///
/// A structure of its own, because a task group whose results are tuples with an enumeration crashes when Swift 6.3 has optimized it.
private struct Inspection: Sendable {
    let name: String
    let differences: [String]
    /// Why it could not be looked at; `nil` if it was.
    let problem: String?
}
