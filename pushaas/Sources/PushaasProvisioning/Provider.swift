/// A place where instances can run. `docs/writing-a-provider.md` shows how to write one.
///
/// All its calls can be repeated, and have a deadline of their own. Names follow from the specification, and each resource bears tags with
/// the instance's id and the installation of pushaas, so that it can be found without anything that was stored.
public protocol Provider: Sendable {
    /// As `provisioner.provider` names it: `docker`.
    var name: String { get }

    /// Whether the provider can be reached and its settings make sense. For `/readyz` and for the start.
    ///
    /// - Throws: `ProviderError` with what to mend.
    func check() async throws

    /// The steps to a running instance, in order. Undone in reverse, they leave nothing of it, whatever plan it has by then.
    ///
    /// - Throws: `ProviderError` of kind `unsupported` if such a plan cannot be had here. Asks nobody: it answers at once.
    func creationSteps(for plan: Plan) throws(ProviderError) -> [ProvisioningStep]

    /// The steps from a running instance with one plan to another. The context's specification has the plan that is to be reached, and
    /// `undo` goes back: its context has the old plan in its specification.
    ///
    /// - Throws: `ProviderError` of kind `unsupported` if there is no way. Asks nobody: it answers at once.
    func resizeSteps(from plan: Plan, to target: Plan) throws(ProviderError) -> [ProvisioningStep]

    /// What is there of a running instance, part by part.
    func inspect(_ specification: InstanceSpecification, outputs: StepOutputs) async throws -> [PartState]

    /// Everything that bears the tags of this installation.
    func resources() async throws -> [Resource]

    /// Takes one away. Succeeds if it is not there.
    func remove(_ resource: Resource) async throws
}
