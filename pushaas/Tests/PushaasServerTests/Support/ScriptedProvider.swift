import PushaasProvisioning

/// A provider of one step, which does what a test wants. It has no resources.
struct ScriptedProvider: Provider {
    let name = "scripted"
    var timeout: Duration = .seconds(600)
    let run: @Sendable (StepContext) async throws -> Void
    var undo: @Sendable (StepContext) async throws -> Void = { _ in }

    func check() async throws {}

    func creationSteps(for plan: Plan) throws(ProviderError) -> [ProvisioningStep] {
        let run = self.run
        return [
            ProvisioningStep(
                "only", title: "Do it", timeout: self.timeout,
                run: { context in
                    try await run(context)
                    return [WellKnownOutput.apiURL: "http://a", WellKnownOutput.streamURL: "http://s"]
                }, undo: self.undo)
        ]
    }

    func resizeSteps(from plan: Plan, to target: Plan) throws(ProviderError) -> [ProvisioningStep] { [] }
    func inspect(_ specification: InstanceSpecification, outputs: StepOutputs) async throws -> [PartState] { [] }
    func resources() async throws -> [Resource] { [] }
    func remove(_ resource: Resource) async throws {}
}

/// What a step that waits does: it says that it has begun, waits until it is let go or cancelled, and says which.
final class Gate: Sendable {
    enum Event: Sendable, Hashable {
        case begun
        case cancelled
        case passed
    }

    private let state = Shared((isOpen: false, events: [Event]()))

    var events: [Event] { self.state.withLock(\.events) }

    func open() { self.state.withLock { $0.isOpen = true } }

    func pass() async throws {
        self.state.withLock { $0.events.append(.begun) }
        do {
            while !self.state.withLock(\.isOpen) { try await Task.sleep(for: .milliseconds(5)) }
        } catch {
            self.state.withLock { $0.events.append(.cancelled) }
            throw error
        }
        self.state.withLock { $0.events.append(.passed) }
    }
}
