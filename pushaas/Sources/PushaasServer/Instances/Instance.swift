import PushaasProvisioning

/// How far an instance is, as `instance:<name>` stores it.
public enum InstanceStatus: String, Sendable, Hashable, Codable, CaseIterable {
    /// It is being created.
    case pending
    /// It can be used.
    case running
    /// It can be used, and is on its way to another plan.
    case updating
    /// Its creation has failed, and what was made was taken away again, except what `leftovers` lists.
    case failed
}

/// A resource, or what a step may have made, that could not be taken away yet.
public struct Leftover: Sendable, Hashable, Codable {
    /// The step whose undo failed.
    public var step: String
    /// Why, in a sentence.
    public var reason: String
}

/// A Push Service instance: the intent of its user, and what has become of it.
public struct Instance: Sendable, Hashable {
    public var id: InstanceID
    public var name: String
    /// The plan it has.
    public var plan: Plan
    /// The plan that it shall get; `nil` unless it is being changed.
    public var targetPlan: Plan?
    /// May be empty, as all that tsuru sends for its own records.
    public var team: String
    public var user: String
    public var description: String
    public var tags: [String]
    /// Milliseconds since 1970.
    public var created: Int
    public var status: InstanceStatus
    /// Why the last job failed, in a sentence; `nil` once one has succeeded.
    public var failure: String?
    public var leftovers: [Leftover]
    /// What the last inspection found to differ from the plan; empty if nothing.
    public var drift: [String]
    public var secrets: InstanceSpecification.Secrets
    /// What the steps have given; complete when the status is `running`.
    public var outputs: StepOutputs

    public func specification(for plan: Plan? = nil) -> InstanceSpecification {
        InstanceSpecification(id: self.id, name: self.name, plan: plan ?? self.plan, secrets: self.secrets)
    }
}
