import Logging
import PushaasProvisioning
import Synchronization
import Testing

@testable import PushaasDocker

@Suite("A Docker Engine that fails")
struct FaultTests {
    /// Runs `body` with a fault at the first call, then at the second, and so on until one run makes fewer calls than that.
    private func atEachCall(
        _ fault: FakeEngine.Fault, _ installation: FakeInstallation, _ body: () async throws -> Void,
        again: () async throws -> Void
    ) async throws {
        var target = 1
        while true {
            let before = installation.engine.state.withLock { $0.calls.count }
            let number = before + target
            let reached = Reached()
            installation.engine.fault.withLock { stored in
                stored = { call, _ in
                    guard call == number else { return nil }
                    reached.flag.withLock { $0 = true }
                    return fault
                }
            }
            do {
                try await body()
            } catch let error as ProviderError {
                #expect(error.kind == .temporary, "call \(target): \(error)")
            }
            installation.engine.fault.withLock { $0 = { _, _ in nil } }
            try await again()
            guard reached.flag.withLock({ $0 }) else { break }
            target += 1
        }
        #expect(target > 5)
    }

    private final class Reached: Sendable {
        let flag = Mutex(false)
    }

    static let faults: [FakeEngine.Fault] = [.lostBefore, .lostAfter, .status(500, "try later"), .status(409, "conflict")]

    @Test(arguments: faults.indices)
    func aCreationIsContinuedAfterAFaultAtAnyCall(_ index: Int) async throws {
        let installation = try await FakeInstallation()
        let plan = Plan.test(streams: 2, apis: 2, persistence: .persistent)
        let steps = try installation.provider.creationSteps(for: plan)
        let specification = InstanceSpecification.test(plan)
        try await self.atEachCall(Self.faults[index], installation) {
            try await installation.run(steps, specification)
        } again: {
            let outputs = try await installation.run(steps, specification)
            #expect(outputs[WellKnownOutput.apiURL] == "http://127.0.0.1:\(installation.ports.upperBound)")
            let states = try await installation.provider.inspect(specification, outputs: outputs)
            #expect(states.allSatisfy { $0.problem == nil && $0.healthy == $0.expected }, "\(states)")
            #expect(installation.engine.state.withLock { $0.containers.values.allSatisfy { $0.status == "running" } })
            try await installation.undo(steps, specification, outputs)
            #expect(installation.engine.isEmpty)
        }
    }

    @Test(arguments: faults.indices)
    func anUndoIsContinuedAfterAFaultAtAnyCall(_ index: Int) async throws {
        let installation = try await FakeInstallation()
        let plan = Plan.test(persistence: .persistent)
        let steps = try installation.provider.creationSteps(for: plan)
        let specification = InstanceSpecification.test(plan)
        try await installation.run(steps, specification)
        try await self.atEachCall(Self.faults[index], installation) {
            try await installation.undo(steps, specification)
        } again: {
            try await installation.undo(steps, specification)
            #expect(installation.engine.isEmpty)
            try await installation.run(steps, specification)
        }
    }

    @Test(arguments: faults.indices)
    func aResizeIsContinuedAfterAFaultAtAnyCallAndGoesBack(_ index: Int) async throws {
        let installation = try await FakeInstallation()
        let small = Plan.test()
        let large = Plan.test(streams: 2, apis: 2, memory: 128, persistence: .persistent, subscribers: 1000)
        var specification = InstanceSpecification.test(small)
        let outputs = try await installation.run(try installation.provider.creationSteps(for: small), specification)
        let steps = try installation.provider.resizeSteps(from: small, to: large)
        specification.plan = large
        let target = specification
        specification.plan = small
        let origin = specification
        try await self.atEachCall(Self.faults[index], installation) {
            try await installation.run(steps, target, outputs)
        } again: {
            try await installation.run(steps, target, outputs)
            let grown = try await installation.provider.inspect(target, outputs: outputs)
            #expect(grown.allSatisfy { $0.problem == nil && $0.healthy == $0.expected }, "\(grown)")
            try await installation.undo(steps, origin, outputs)
            let shrunk = try await installation.provider.inspect(origin, outputs: outputs)
            #expect(shrunk.allSatisfy { $0.problem == nil && $0.healthy == $0.expected }, "\(shrunk)")
            #expect(installation.engine.state.withLock { $0.volumes.isEmpty && $0.containers.count == 5 })
        }
    }

    @Test(arguments: faults.indices)
    func aDrainIsContinuedAfterAFaultAtAnyCall(_ index: Int) async throws {
        let installation = try await FakeInstallation()
        let small = Plan.test()
        let large = Plan.test(streams: 3, apis: 2, subscribers: 1000, historySeconds: 600)
        var specification = InstanceSpecification.test(large)
        let outputs = try await installation.run(try installation.provider.creationSteps(for: large), specification)
        let steps = try installation.provider.resizeSteps(from: large, to: small)
        specification.plan = small
        let target = specification
        specification.plan = large
        let origin = specification
        try await self.atEachCall(Self.faults[index], installation) {
            try await installation.run(steps, target, outputs)
        } again: {
            try await installation.run(steps, target, outputs)
            let shrunk = try await installation.provider.inspect(target, outputs: outputs)
            #expect(shrunk.allSatisfy { $0.problem == nil && $0.healthy == $0.expected }, "\(shrunk)")
            #expect(installation.engine.state.withLock { $0.containers.count } == 5)
            try await installation.undo(steps, origin, outputs)
        }
    }

    @Test func whatAnEngineRefusesIsToldInWords() async throws {
        let installation = try await FakeInstallation()
        let cases: [(FakeEngine.Fault, ProviderError.Kind, String)] = [
            (.status(503, "overloaded."), .temporary, "overloaded"), (.status(429, "slow down"), .temporary, "slow down"),
            (.status(400, "bad\\nlines"), .permanent, "bad lines"), (.status(401, "who are you"), .permanent, "who are you"),
            (.lostBefore, .temporary, "lost"),
        ]
        for (fault, kind, words) in cases {
            installation.engine.fault.withLock { $0 = { _, call in call == "GET /_ping" ? fault : nil } }
            do {
                try await installation.provider.check()
                Issue.record("no error")
            } catch let error as ProviderError {
                #expect(error.kind == kind)
                #expect(error.message.contains(words))
                #expect(!error.message.hasSuffix("."))
            }
        }
    }

    @Test func anEngineThatIsAwayIsATemporaryError() async throws {
        let provider = DockerProvider(
            configuration: try dockerConfiguration(["host": "unix:///nowhere/docker.sock"]), installation: "test",
            logger: Logger(label: "test"))
        do {
            try await provider.check()
            Issue.record("no error")
        } catch let error as ProviderError {
            #expect(error.kind == .temporary)
            #expect(error.message.hasPrefix("the Docker Engine at unix:///nowhere/docker.sock cannot be reached"))
        }
    }
}
