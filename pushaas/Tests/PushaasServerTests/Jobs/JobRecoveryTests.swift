import PushRedis
import PushTestSupport
import PushaasProvisioning
import PushaasTestProvider
import Testing

@testable import PushaasServer

/// What becomes of jobs that went wrong in an unusual way.
@Suite(.serialized) struct JobRecoveryTests {
    @Test func whatCouldNotBeUndoneIsDoneAnewWhenTheCreationIsTriedAgain() async throws {
        let directory = try TemporaryDirectory()
        try await withInstances { instances in
            let provider = try FileProvider(folder: directory.path)
            try provider.fail("run-push-api", .permanent)
            try provider.fail("undo-push-redis", .permanent)
            try await withWorker(instances, provider) {
                let created = try #require(try await instances.create())
                let failed = try await instances.await("mychat", .failed)
                #expect(failed.leftovers.map(\.step) == ["push-redis"])
                // Its file was found by its tags and removed, so the step is not done any more.
                #expect(try provider.parts(of: created.id) == [:])
                try provider.fail("run-push-api", nil)
                try provider.fail("undo-push-redis", nil)
                #expect(try await instances.repository.retry("mychat") == .accepted)
                try await instances.await("mychat", .running)
                #expect(try provider.parts(of: created.id) == FileProvider.expectedParts(.small))
            }
        }
    }

    @Test func aJobThatAnErrorEndsGivesTheLockBack() async throws {
        try await withInstances { instances in
            let created = try #require(try await instances.create())
            let key = instances.keys.instance("mychat")
            try await instances.redis.send(RedisCommand("HSET", key, "plan", "no plan"))
            var settings = JobSettings.test
            // So long that the test cannot outlast it.
            settings.lockTimeToLive = .seconds(3600)
            try await withWorker(instances, ScriptedProvider { _ in }, settings: settings) {
                try await eventually(within: .seconds(60), "the first try") {
                    try await JobQueue.figures(redis: instances.redis, keys: instances.keys).delayed == 1
                }
                try await eventually(within: .seconds(60), "the lock's end") {
                    try await instances.redis.ttl(instances.keys.lock(created.id)) == .noKey
                }
                // Mended by hand, it goes on.
                try await instances.redis.send(
                    RedisCommand("HSET", key, "plan", try RecordCoding.encode(Plan.test("small"))))
                try await instances.await("mychat", .running)
            }
        }
    }

    @Test func aDestructionKnowsWhatTheLastChangeOfPlanHasTold() async throws {
        try await withInstances { instances in
            let provider = TellingProvider()
            try await withWorker(instances, provider) {
                let instance = try #require(try await instances.create("mychat", plan: .small))
                try await instances.await("mychat", .running)
                _ = try await instances.repository.requestPlan(name: "mychat", id: instance.id, plan: .medium)
                try await eventually(within: .seconds(60), "the change") {
                    try await instances.repository.instance("mychat")?.plan == .medium
                }
                _ = try await instances.repository.destroy("mychat")
                try await instances.awaitEnd(of: instance.id)
            }
            #expect(provider.undone.withLock { $0 } == [["size": "medium", "only.made": "small"]])
        }
    }

    @Test func whatAProviderSaysIsKeptInBounds() async throws {
        try await withInstances { instances in
            let provider = ScriptedProvider { context in
                await context.report(String(repeating: "r", count: 100_000))
                throw ProviderError(.permanent, String(repeating: "é", count: 100_000))
            }
            try await withWorker(instances, provider) {
                let instance = try #require(try await instances.create())
                let failed = try await instances.await("mychat", .failed)
                #expect(failed.failure?.hasPrefix("do it failed: ééé") == true && failed.failure?.hasSuffix("é…") == true)
                #expect((900..<1_100).contains(failed.failure?.count ?? 0))
                let log = try await instances.progress.log(of: instance.id)
                #expect(log.contains { $0.text.hasPrefix("rrr") })
                #expect(log.allSatisfy { $0.text.count < 2_100 })
                let steps = try #require(try await instances.progress.job(of: instance.id)).steps
                #expect(steps.allSatisfy { ($0.error?.count ?? 0) < 1_100 })
            }
        }
    }
}

/// Tells the plan that its step was run for, and notes what its undo is told.
private struct TellingProvider: Provider {
    let name = "telling"
    let undone = Shared<[StepOutputs]>([])

    func check() async throws {}

    func creationSteps(for plan: Plan) throws(ProviderError) -> [ProvisioningStep] {
        [
            ProvisioningStep("only", title: "Do it") { context in
                let size = context.specification.plan.name
                return [
                    "size": size, "only.made": size, WellKnownOutput.apiURL: "http://a", WellKnownOutput.streamURL: "http://s",
                ]
            } undo: { context in
                let told = context.outputs.filter { ["size", "only.made"].contains($0.key) }
                self.undone.withLock { $0.append(told) }
            }
        ]
    }

    func resizeSteps(from plan: Plan, to target: Plan) throws(ProviderError) -> [ProvisioningStep] {
        [
            ProvisioningStep("resize", title: "Resize") {
                ["size": $0.specification.plan.name]
            } undo: { _ in
            }
        ]
    }

    func inspect(_ specification: InstanceSpecification, outputs: StepOutputs) async throws -> [PartState] { [] }
    func resources() async throws -> [Resource] { [] }
    func remove(_ resource: Resource) async throws {}
}
