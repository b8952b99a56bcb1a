import Foundation
import PushaasProvisioning
import Synchronization
import Testing

@testable import PushaasDocker

@Suite("Instances on a Docker Engine, as it is told")
struct DockerProviderTests {
    private func creation(
        _ component: Component, _ plan: Plan = .test(), _ values: [String: String] = [:]
    ) async throws -> ContainerCreation {
        let installation = try await FakeInstallation(values)
        try await installation.run(try installation.provider.creationSteps(for: plan), .test(plan))
        let containers = installation.engine.state.withLock { Array($0.containers.values) }
        return try #require(containers.first { $0.creation.labels["pushaas.component"] == component.rawValue }).creation
    }

    @Test func onlyTheBalancersPortsArePublished() async throws {
        let installation = try await FakeInstallation()
        try await installation.run(try installation.provider.creationSteps(for: .test()), .test())
        let published = installation.engine.state.withLock { state in
            state.containers.values.flatMap { ($0.creation.hostConfig.portBindings ?? [:]).keys }
        }
        #expect(Set(published) == ["9080/tcp", "8080/tcp"])
        #expect(published.count == 2)
    }

    @Test func noSecretStandsWhereTheEngineShowsIt() async throws {
        let installation = try await FakeInstallation()
        let specification = InstanceSpecification.test()
        let outputs = try await installation.run(try installation.provider.creationSteps(for: specification.plan), specification)
        for container in installation.engine.state.withLock({ Array($0.containers.values) }) {
            let text = String(decoding: try EngineCoding.encode(container.creation), as: UTF8.self)
            #expect(!text.contains("apiPassword1"))
            #expect(!text.contains("redisPassword1"))
            // Each got its files before its start.
            #expect(container.archives > 0)
        }
        #expect(!outputs.values.contains { $0.contains("assword1") })
    }

    @Test func containersAreLimitedAsThePlanSays() async throws {
        let stream = try await self.creation(.stream, .test(streams: 4, memory: 96, subscribers: 1000))
        #expect(stream.hostConfig.nanoCpus == 200_000_000)
        #expect(stream.hostConfig.memory == 96 * 1024 * 1024)
        #expect(stream.hostConfig.memorySwap == 96 * 1024 * 1024)
        #expect(stream.hostConfig.restartPolicy?.name == "unless-stopped")
        #expect(stream.stopTimeout == 120)
        #expect(stream.cmd == ["-c", "/etc/push-stream/nginx.conf", "-g", "include /etc/pushaas/limits.conf;"])
        #expect(stream.labels["pushaas.installation"] == "test")
        #expect(stream.labels["pushaas.name"] == "My_Chat")
        #expect(InstanceID(rawValue: stream.labels["pushaas.instance"] ?? "") != nil)
    }

    @Test func pushAPIKnowsThePublicAddressOfPushStream() async throws {
        let api = try await self.creation(.api, .test(), ["public_host": "push.example.com", "management_host": "127.0.0.1"])
        #expect(api.env.contains { $0.hasPrefix("PUSHAPI_PUSH_STREAM__URL=http://push.example.com:") })
        #expect(api.env.contains("PUSHAPI_SERVER__TRUSTED_PROXIES=172.30.0.0/16"))
    }

    @Test func aTakenPortIsLeftAlone() async throws {
        let installation = try await FakeInstallation()
        installation.engine.state.withLock { $0.takenPorts = [installation.ports.lowerBound] }
        let steps = try installation.provider.creationSteps(for: .test())
        let specification = InstanceSpecification.test()
        do {
            try await installation.run(steps, specification)
            Issue.record("no error")
        } catch let error as ProviderError {
            #expect(error.kind == .permanent)
            #expect(error.message.contains("no two free ports"))
        }
        try await installation.undo(steps, specification)
        #expect(installation.engine.isEmpty)
    }

    @Test func aMissingImageIsPulled() async throws {
        let installation = try await FakeInstallation()
        installation.engine.state.withLock { _ = $0.images.remove("agent") }
        let reports = Mutex<[String]>([])
        var outputs: StepOutputs = [:]
        let specification = InstanceSpecification.test()
        for step in try installation.provider.creationSteps(for: .test()) {
            let context = StepContext(specification: specification, outputs: outputs) { text in
                reports.withLock { $0.append(text) }
            }
            outputs.merge(try await step.run(context)) { $1 }
            if step.name == "push-stream" { break }
        }
        #expect(reports.withLock { $0.contains("pulls the image agent") })
    }

    @Test(arguments: [
        ("{\"error\":\"manifest for agent:latest not found: manifest unknown\"}\n", ProviderError.Kind.permanent),
        ("{\"error\":\"net/http: TLS handshake timeout\"}", .temporary),
    ])
    func anImageThatCannotBePulledIsToldInWords(_ answer: String, _ kind: ProviderError.Kind) async throws {
        let installation = try await FakeInstallation()
        installation.engine.state.withLock { state in
            state.images.remove("redis")
            state.pullAnswer = answer
        }
        do {
            try await installation.run(try installation.provider.creationSteps(for: .test()), .test())
            Issue.record("no error")
        } catch let error as ProviderError {
            #expect(error.kind == kind)
            #expect(error.message.hasPrefix("the image redis cannot be pulled: "))
        }
    }

    @Test func whatDoesNotBecomeHealthyIsGivenUp() async throws {
        let installation = try await FakeInstallation()
        installation.engine.state.withLock { $0.health = "starting" }
        do {
            try await installation.run(try installation.provider.creationSteps(for: .test()), .test())
            Issue.record("no error")
        } catch let error as ProviderError {
            #expect(error.kind == .permanent)
            #expect(error.message.contains("push-redis"))
            #expect(error.message.contains("did not become healthy within 1 seconds"))
        }
    }

    @Test(arguments: [("1.41", "1.12", "v1.41"), ("1.99", "1.40", "v1.47"), ("1.60", "1.50", "v1.50")])
    func theVersionIsOneThatBothSpeak(_ latest: String, _ oldest: String, _ spoken: String) async throws {
        let installation = try await FakeInstallation()
        installation.engine.state.withLock { state in
            state.apiVersion = latest
            state.minimumVersion = oldest
        }
        try await installation.provider.check()
        #expect(installation.engine.state.withLock { $0.versions } == [spoken])
    }

    @Test func anEngineThatIsTooOldIsRefused() async throws {
        let installation = try await FakeInstallation()
        installation.engine.state.withLock { $0.apiVersion = "1.24" }
        await #expect(throws: ProviderError.self) { try await installation.provider.check() }
    }

    @Test func resourcesAreThoseOfThisInstallation() async throws {
        let installation = try await FakeInstallation()
        let plan = Plan.test(persistence: .persistent)
        let specification = InstanceSpecification.test(plan)
        try await installation.run(try installation.provider.creationSteps(for: plan), specification)
        installation.engine.state.withLock { state in
            state.volumes["other"] = VolumeCreation(name: "other", labels: ["pushaas.installation": "another"])
            state.volumes["lost"] = VolumeCreation(name: "lost", labels: ["pushaas.installation": "test"])
        }
        let resources = try await installation.provider.resources()
        #expect(resources.count(where: { $0.kind == "container" }) == 5)
        #expect(resources.count(where: { $0.kind == "network" }) == 1)
        #expect(Set(resources.map(\.instance)) == [specification.id, nil])
        for resource in resources { try await installation.provider.remove(resource) }
        for resource in resources { try await installation.provider.remove(resource) }
        #expect(installation.engine.state.withLock { Set($0.volumes.keys) } == ["other"])
        #expect(try await installation.provider.resources().isEmpty)
    }

    @Test func anInspectionTellsWhatIsMissing() async throws {
        let installation = try await FakeInstallation()
        let plan = Plan.test(streams: 2)
        let specification = InstanceSpecification.test(plan)
        let outputs = try await installation.run(try installation.provider.creationSteps(for: plan), specification)
        installation.engine.state.withLock { state in
            let names = state.containers.filter { $0.value.creation.image == "stream" }.keys.sorted()
            state.containers[names[0]] = nil
            state.containers[names[1]]?.status = "exited"
        }
        let states = try await installation.provider.inspect(specification, outputs: outputs)
        let stream = try #require(states.first { $0.part == "push-stream" })
        #expect(stream.expected == 2)
        #expect(stream.healthy == 0)
        #expect(stream.problem != nil)
        #expect(states.filter { $0.part != "push-stream" }.allSatisfy { $0.problem == nil })
    }

    @Test func aPlanThatIsTooBigIsUnsupported() async throws {
        let installation = try await FakeInstallation()
        #expect(throws: ProviderError.self) { try installation.provider.creationSteps(for: .test(streams: 65)) }
        #expect(throws: ProviderError.self) { try installation.provider.resizeSteps(from: .test(), to: .test(memory: 5)) }
    }

    @Test func aSizeAloneIsChangedInPlace() async throws {
        let installation = try await FakeInstallation()
        var specification = InstanceSpecification.test(.test())
        let outputs = try await installation.run(try installation.provider.creationSteps(for: .test()), specification)
        let before = installation.engine.state.withLock { Set($0.containers.keys) }
        specification.plan = .test(memory: 128)
        try await installation.run(
            try installation.provider.resizeSteps(from: .test(), to: specification.plan), specification, outputs)
        let containers = installation.engine.state.withLock { $0.containers }
        #expect(Set(containers.keys) == before)
        #expect(installation.engine.state.withLock { !$0.calls.contains { $0.hasSuffix("/stop") } })
        for container in containers.values where container.creation.image != "balancer" {
            #expect(container.size?.memory == 128 * 1024 * 1024)
        }
    }
}
