import PushRedis
import PushRuntime
import PushTestSupport
import PushaasProvisioning
import PushaasTestProvider
import Testing

@testable import PushaasServer

@Suite(.serialized) struct ReconcilerTests {
    private static func withFiles(_ body: (Instances, FileProvider) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        try await withInstances { instances in try await body(instances, try FileProvider(folder: directory.path)) }
    }

    @Test func instancesThatWaitWithoutAJobGetOne() async throws {
        try await Self.withFiles { instances, provider in
            let reconciler = KillTests.reconciler(instances, provider)
            let (a, b) = (try #require(try await instances.create("a")), try #require(try await instances.create("b")))
            let running = try #require(try await instances.create("c"))
            try await instances.set(running, .running)
            _ = try await instances.repository.destroy("b")
            // All jobs are lost.
            try await instances.redis.delete(instances.keys.jobs)
            let report = try await reconciler.reconcile()
            #expect(report.jobsAdded == 2)
            #expect(Set(try await instances.jobs()) == [["create", a.id.rawValue, "a"], ["destroy", b.id.rawValue, "b"]])
            // What is worked on needs none.
            _ = try #require(try await instances.lease(a))
            _ = try #require(try await instances.lease(b))
            #expect(try await reconciler.reconcile().jobsAdded == 0)
        }
    }

    @Test func driftIsToldUntilItIsMended() async throws {
        try await Self.withFiles { instances, provider in
            let instance = try await instances.createRunning("mychat", provider, plan: .medium)
            let reconciler = KillTests.reconciler(instances, provider)
            #expect(try await reconciler.reconcile().drifting == [])
            try provider.take("push-stream-1", of: instance.id)
            try provider.take("push-redis", of: instance.id)
            let report = try await reconciler.reconcile()
            #expect(report.drifting == ["mychat"])
            #expect(
                try await instances.repository.instance("mychat")?.drift == [
                    "push-redis: 0 of 1 healthy (its file is not there)", "push-stream: 2 of 3 healthy",
                ])
            #expect(try await ReconciliationReport.last(redis: instances.redis, keys: instances.keys) == report)
            try provider.fail("inspect", .temporary)
            #expect(try await reconciler.reconcile().uninspected == ["mychat": "there is a file that forbids it"])
            #expect(try await instances.repository.instance("mychat")?.drift.count == 2)
            try provider.fail("inspect", nil)
            try provider.make("push-stream-1", of: instance.id)
            try provider.make("push-redis", of: instance.id)
            #expect(try await reconciler.reconcile().drifting == [])
            #expect(try await instances.repository.instance("mychat")?.drift == [])
        }
    }

    @Test func resourcesThatNobodyKnowsAreToldAndLeftAlone() async throws {
        try await Self.withFiles { instances, provider in
            let instance = try await instances.createRunning("mychat", provider)
            let stranger = InstanceID.random()
            try provider.make("push-api", of: stranger)
            let report = try await KillTests.reconciler(instances, provider).reconcile()
            #expect(report.unknownCount == 1 && report.removed == 0)
            #expect(
                report.unknownResources == [Resource(kind: "file", identifier: "\(stranger).push-api", instance: stranger)])
            #expect(try provider.parts(of: stranger) == ["push-api": "any"])
            #expect(try provider.parts(of: instance.id) == FileProvider.expectedParts(.small))
        }
    }

    @Test func whatIsMadeAfterTheEndIsRemoved() async throws {
        try await Self.withFiles { instances, provider in
            let gone = try await instances.createRunning("mychat", provider)
            try await withWorker(instances, provider) {
                _ = try await instances.repository.destroy("mychat")
                try await instances.awaitEnd(of: gone.id)
            }
            try provider.make("network", of: gone.id)
            try provider.fail("remove", .temporary)
            let reconciler = KillTests.reconciler(instances, provider)
            let first = try await reconciler.reconcile()
            #expect(first.removed == 0 && first.problems.count == 1 && first.unknownCount == 0)
            try provider.fail("remove", nil)
            #expect(try await reconciler.reconcile().removed == 1)
            #expect(try provider.parts(of: gone.id) == [:])
        }
    }

    @Test func whatIsMadeAfterACreationFailedIsRemoved() async throws {
        try await Self.withFiles { instances, provider in
            try provider.fail("run-push-api", .permanent)
            let reconciler = KillTests.reconciler(instances, provider)
            try await withWorker(instances, provider) {
                let instance = try #require(try await instances.create())
                try await instances.await("mychat", .failed)
                try await instances.awaitQuiet()
                #expect(try await reconciler.reconcile().jobsAdded == 0)
                try provider.make("push-redis", of: instance.id)
                #expect(try await reconciler.reconcile().jobsAdded == 1)
                try await instances.awaitQuiet()
                #expect(try provider.parts(of: instance.id) == [:])
                #expect(try await instances.repository.instance("mychat")?.status == .failed)
            }
        }
    }

    @Test func ofSeveralProcessesOneReconcilesInEachInterval() async throws {
        try await Self.withFiles { instances, provider in
            let calls = Shared(0)
            let reconciler = Reconciler(
                redis: instances.redis, keys: instances.keys, provider: provider,
                metrics: ReconcilerMetrics(registry: PrometheusRegistry()), logger: quiet,
                finishUnbinds: { calls.withLock { $0 += 1 } })
            let reports = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<5 { group.addTask { try await reconciler.reconcileUnlessDone() != nil } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(reports.count { $0 } == 1)
            #expect(calls.withLock { $0 } == 1)
            guard case .remaining(let time) = try await instances.redis.ttl(instances.keys.reconcilerLock) else {
                Issue.record("the lock does not last")
                return
            }
            #expect(time > .seconds(60))
        }
    }

    @Test func aPartThatFailsLeavesTheOthersTheirTurn() async throws {
        struct NoBinds: Error {}
        try await Self.withFiles { instances, provider in
            _ = try await instances.create("a")
            try await instances.redis.delete(instances.keys.jobs)
            try provider.fail("resources", .temporary)
            let reconciler = Reconciler(
                redis: instances.redis, keys: instances.keys, provider: provider,
                metrics: ReconcilerMetrics(registry: PrometheusRegistry()), logger: quiet, finishUnbinds: { throw NoBinds() })
            let report = try await reconciler.reconcile()
            #expect(report.problems.count == 2 && report.jobsAdded == 1)
        }
    }

    @Test func figuresShowInstancesAndQueue() async throws {
        try await Self.withFiles { instances, provider in
            let registry = PrometheusRegistry()
            let worker = InstanceMetricsWorker(
                redis: instances.redis, keys: instances.keys, registry: registry, logger: quiet)
            _ = try await instances.createRunning("a", provider)
            _ = try await instances.create("b")
            _ = try await instances.create("c")
            _ = try await instances.repository.destroy("c")
            try await worker.update()
            let text = registry.render()
            for line in [
                #"pushaas_instances{status="running"} 1"#, #"pushaas_instances{status="pending"} 1"#,
                #"pushaas_instances{status="failed"} 0"#, #"pushaas_instances{status="destroyed"} 1"#, "pushaas_leftovers 0",
                #"pushaas_queue_jobs{state="waiting"} 3"#, #"pushaas_queue_jobs{state="running"} 0"#,
            ] {
                #expect(text.contains(line + "\n"), "\(line)")
            }
            #expect(text.contains("pushaas_queue_oldest_seconds "))
        }
    }
}
