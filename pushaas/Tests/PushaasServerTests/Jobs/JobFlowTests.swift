import PushRedis
import PushRuntime
import PushTestSupport
import PushaasProvisioning
import PushaasTestProvider
import Testing

@testable import PushaasServer

/// What becomes of wishes, with a worker in this process and files as resources.
@Suite(.serialized) struct JobFlowTests {
    private static func withFiles(_ body: (Instances, FileProvider, String) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        try await withInstances { instances in
            try await body(instances, try FileProvider(folder: directory.path), directory.path)
        }
    }

    @Test func progressAndLogTellWhatWasDone() async throws {
        try await Self.withFiles { instances, provider, _ in
            let registry = PrometheusRegistry()
            let instance = try await withWorker(instances, provider, registry: registry) {
                _ = try await instances.create("mychat", plan: .medium)
                let instance = try await instances.await("mychat", .running)
                try await instances.awaitQuiet()
                return instance
            }
            let job = try #require(try await instances.progress.job(of: instance.id))
            #expect(job.kind == .create && job.state == "done" && job.attempt == 1 && job.finished != nil)
            #expect(job.steps.map(\.name) == ["network", "push-redis", "push-stream", "push-api"])
            #expect(job.steps.allSatisfy { $0.state == .done && $0.attempts == 1 && $0.finished != nil && $0.error == nil })
            let log = try await instances.progress.log(of: instance.id).map(\.text)
            #expect(
                log == [
                    "Creating, plan medium", "Make the network", "made 1 parts", "Start push-redis", "made 1 parts",
                    "Start push-stream", "made 3 parts", "Start push-api", "made 1 parts", "The instance is up",
                ])
            let text = registry.render()
            #expect(text.contains(#"pushaas_jobs_total{kind="create",result="done"} 1"#))
            #expect(text.contains(#"pushaas_jobs_running 0"#))
            #expect(
                text.contains(
                    #"pushaas_step_duration_seconds_count{direction="run",provider="files",result="done",step="push-api"} 1"#))
        }
    }

    @Test func destroyedAtAnyPointOfACreationNothingIsLeft() async throws {
        try await Self.withFiles { instances, _, folder in
            let reached = Shared([String]())
            _ = try await withWorker(
                instances, try FileProvider(folder: folder) { point in reached.withLock { $0.append(point) } },
                checkpoint: JobCheckpoint { point in reached.withLock { $0.append(point) } }
            ) {
                _ = try await instances.create("rehearsal")
                try await instances.await("rehearsal", .running)
            }
            let points = reached.withLock { $0 }
            #expect(points.count > 20)
            for (number, point) in points.enumerated() {
                let name = "i\(number)"
                let repository = instances.repository
                let destroy: @Sendable (String) async -> Void = { reached in
                    if reached == point { _ = try? await repository.destroy(name) }
                }
                let provider = try FileProvider(folder: folder, reached: destroy)
                try await withWorker(instances, provider, checkpoint: JobCheckpoint(reached: destroy)) {
                    let instance = try #require(try await instances.create(name))
                    try await instances.awaitEnd(of: instance.id)
                    #expect(try provider.parts(of: instance.id) == [:], "\(point)")
                    #expect(try await instances.repository.instance(name) == nil, "\(point)")
                    try await instances.awaitQuiet()
                }
            }
        }
    }

    @Test func destroyedWhileItIsUpdatedNothingIsLeft() async throws {
        try await Self.withFiles { instances, plain, folder in
            for (number, point) in ["step:scale-push-stream:started", "run:scale-push-stream:middle", "run:size-push-redis:end"]
                .enumerated()
            {
                let name = "i\(number)"
                let repository = instances.repository
                let destroy: @Sendable (String) async -> Void = { reached in
                    if reached == point { _ = try? await repository.destroy(name) }
                }
                let instance = try await instances.createRunning(name, plain)
                try await withWorker(
                    instances, try FileProvider(folder: folder, reached: destroy), checkpoint: JobCheckpoint(reached: destroy)
                ) {
                    _ = try await instances.repository.requestPlan(name: name, id: instance.id, plan: .medium)
                    try await instances.awaitEnd(of: instance.id)
                    #expect(try plain.parts(of: instance.id) == [:], "\(point)")
                }
            }
        }
    }

    @Test func aTemporaryFailureIsTriedAgain() async throws {
        try await withInstances { instances in
            let tries = Shared(0)
            let provider = ScriptedProvider { _ in
                let number = tries.withLock {
                    $0 += 1
                    return $0
                }
                if number < 3 { throw ProviderError(.temporary, "not now") }
            }
            try await withWorker(instances, provider) {
                _ = try await instances.create()
                let instance = try await instances.await("mychat", .running)
                let job = try #require(try await instances.progress.job(of: instance.id))
                #expect(job.steps.first?.attempts == 3 && job.steps.first?.error == nil)
                #expect(instance.failure == nil)
            }
            #expect(tries.withLock { $0 } == 3)
        }
    }

    @Test func triesAreBoundedAndThenNothingIsLeft() async throws {
        try await Self.withFiles { instances, provider, _ in
            try provider.fail("run-push-api", .temporary)
            try await withWorker(instances, provider) {
                let created = try #require(try await instances.create())
                let failed = try await instances.await("mychat", .failed)
                #expect(failed.failure == "start push-api failed: there is a file that forbids it" && failed.leftovers == [])
                #expect(try provider.parts(of: created.id) == [:])
                let job = try #require(try await instances.progress.job(of: created.id))
                #expect(job.state == "failed" && job.steps.map(\.state) == [.undone, .undone, .undone, .undone])
                #expect(job.steps.last?.attempts == JobSettings.test.maximumFailures)
                // And then once more, with the cause mended.
                try provider.fail("run-push-api", nil)
                #expect(try await instances.repository.retry("mychat") == .accepted)
                let running = try await instances.await("mychat", .running)
                #expect(running.id == created.id && running.failure == nil)
                #expect(try provider.parts(of: created.id) == FileProvider.expectedParts(.small))
            }
        }
    }

    @Test func aPlanThatCannotBeHadIsAFailureInWords() async throws {
        try await Self.withFiles { instances, provider, _ in
            try await withWorker(instances, provider) {
                _ = try await instances.create("a", plan: .test("impossible"))
                #expect(try await instances.await("a", .failed).failure == "there is no such plan here")
                let running = try await instances.createRunning("b", provider)
                _ = try await instances.repository.requestPlan(name: "b", id: running.id, plan: .test("impossible"))
                let refused = try await instances.await("b", .running)
                try await instances.awaitQuiet()
                #expect(try await instances.repository.instance("b")?.plan == .small)
                #expect(
                    try await instances.repository.instance("b")?.failure
                        == "the change to plan impossible failed: there is no way to such a plan", "\(refused)")
            }
        }
    }

    @Test func whatCannotBeUndoneIsKeptAndRemovedLater() async throws {
        try await Self.withFiles { instances, provider, _ in
            try provider.fail("run-push-api", .permanent)
            try provider.fail("undo-push-redis", .permanent)
            try provider.fail("remove", .permanent)
            let reconciler = KillTests.reconciler(instances, provider)
            try await withWorker(instances, provider) {
                let created = try #require(try await instances.create())
                let failed = try await instances.await("mychat", .failed)
                #expect(failed.leftovers.map(\.step) == ["push-redis", "file \(created.id).push-redis"])
                #expect(failed.leftovers.first?.reason == "there is a file that forbids it")
                #expect(try provider.parts(of: created.id) == ["push-redis": "small"])
                // It is tried again, in vain, and then with success.
                try await instances.awaitQuiet()
                #expect(try await reconciler.reconcile().jobsAdded == 1)
                try await instances.awaitQuiet()
                #expect(try await instances.repository.instance("mychat")?.leftovers.count == 2)
                try provider.fail("undo-push-redis", nil)
                #expect(try await reconciler.reconcile().jobsAdded == 1)
                try await instances.awaitQuiet()
                #expect(try await instances.repository.instance("mychat")?.leftovers == [])
                #expect(try await instances.repository.instance("mychat")?.status == .failed)
                #expect(try provider.parts(of: created.id) == [:])
                #expect(try await reconciler.reconcile().jobsAdded == 0)
            }
        }
    }

    @Test func aDestructionThatCannotEndIsKeptAndTriedAgain() async throws {
        try await Self.withFiles { instances, provider, _ in
            let instance = try await instances.createRunning("mychat", provider)
            try provider.fail("undo-network", .permanent)
            try provider.fail("remove", .temporary)
            try await withWorker(instances, provider) {
                #expect(try await instances.repository.destroy("mychat") == .accepted)
                try await eventually(within: .seconds(60), "the leftovers") {
                    try await instances.repository.destroyed(instance.id)?.instance.leftovers.isEmpty == false
                }
                try await instances.awaitQuiet()
                let destroyed = try #require(try await instances.repository.destroyed(instance.id))
                #expect(destroyed.instance.leftovers.map(\.step) == ["network", "file \(instance.id).network"])
                #expect(destroyed.instance.failure?.contains("network: there is a file that forbids it") == true)
                // One that cannot be undone has not kept the others.
                #expect(try provider.parts(of: instance.id) == ["network": "any"])
                try provider.fail("undo-network", nil)
                try provider.fail("remove", nil)
                #expect(try await instances.repository.destroy("mychat") == .alreadyUnderWay)
                try await instances.awaitEnd(of: instance.id)
                #expect(try provider.parts(of: instance.id) == [:])
                #expect(try await instances.repository.destroy("mychat") == .absent)
            }
        }
    }

    @Test func whatAChangeOfPlanLeftIsTakenBackLater() async throws {
        try await Self.withFiles { instances, provider, _ in
            let instance = try await instances.createRunning("mychat", provider)
            try provider.fail("run-size-push-redis", .permanent)
            try provider.fail("undo-scale-push-stream", .permanent)
            try await withWorker(instances, provider) {
                _ = try await instances.repository.requestPlan(name: "mychat", id: instance.id, plan: .medium)
                try await eventually(within: .seconds(60), "the failure") {
                    try await instances.repository.instance("mychat")?.failure != nil
                }
                let failed = try await instances.await("mychat", .running)
                #expect(failed.plan == .small && failed.leftovers.map(\.step) == ["scale-push-stream"])
                try provider.fail("undo-scale-push-stream", nil)
                try await instances.awaitQuiet()
                #expect(try await KillTests.reconciler(instances, provider).reconcile().jobsAdded == 1)
                try await instances.awaitQuiet()
                #expect(try await instances.repository.instance("mychat")?.leftovers == [])
                #expect(try provider.parts(of: instance.id) == FileProvider.expectedParts(.small))
            }
        }
    }
}
