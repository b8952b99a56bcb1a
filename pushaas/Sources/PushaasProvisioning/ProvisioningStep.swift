/// What a step found out and later steps, and pushaas, need: host names, ports, ARNs. Never a secret: it is shown to administrators.
public typealias StepOutputs = [String: String]

/// Outputs that pushaas reads itself. Each provider's steps have to give all of them.
public enum WellKnownOutput {
    /// Where applications publish, as bound apps get it: `http://203.0.113.7:8080`.
    public static let apiURL = "api.url"
    /// Where browsers subscribe: `http://203.0.113.7:9080`.
    public static let streamURL = "stream.url"
    /// Where pushaas itself reaches push-api, if not at ``apiURL``.
    public static let apiManagementURL = "api.management_url"
}

/// What a step is given.
public struct StepContext: Sendable {
    /// The instance as it shall be: with the plan that is to be reached.
    public let specification: InstanceSpecification
    /// What all steps of this instance have given so far, this one's own outputs of an earlier run among them.
    public let outputs: StepOutputs
    /// Tells people what is going on, in a sentence: it goes to the instance's log and to the admin app. No secrets.
    public let report: @Sendable (String) async -> Void

    public init(
        specification: InstanceSpecification, outputs: StepOutputs, report: @escaping @Sendable (String) async -> Void = { _ in }
    ) {
        self.specification = specification
        self.outputs = outputs
        self.report = report
    }

    /// - Throws: `ProviderError` of kind `permanent` if no step has given it.
    public func output(_ name: String) throws(ProviderError) -> String {
        guard let value = self.outputs[name] else {
            throw ProviderError(.permanent, "an earlier step did not tell '\(name)'; destroy the instance and create it again")
        }
        return value
    }
}

/// One step on the way to an instance.
///
/// Whoever runs it may be killed at any moment, and the step is run again from its beginning, by another process perhaps. So both closures are
/// idempotent: they look what is there already, under names that follow from the specification, and do what is missing.
public struct ProvisioningStep: Sendable {
    /// Lower-case words with hyphens, unique among a provider's steps: progress is stored under it.
    public let name: String
    /// What it does, for people: `Start push-redis`.
    public let title: String
    /// How long one try may take.
    public let timeout: Duration
    /// Does it, and returns when it is true: when what was started is healthy. It is cancelled when the timeout has passed or the instance is
    /// destroyed meanwhile.
    public let run: @Sendable (StepContext) async throws -> StepOutputs
    /// Takes away all that `run` may have made, however far it came and for whatever plan. Succeeds if nothing is there.
    public let undo: @Sendable (StepContext) async throws -> Void

    public init(
        _ name: String, title: String, timeout: Duration = .seconds(120),
        run: @escaping @Sendable (StepContext) async throws -> StepOutputs,
        undo: @escaping @Sendable (StepContext) async throws -> Void
    ) {
        self.name = name
        self.title = title
        self.timeout = timeout
        self.run = run
        self.undo = undo
    }
}
