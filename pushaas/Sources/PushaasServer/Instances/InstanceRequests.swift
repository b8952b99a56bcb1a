import PushaasProvisioning

/// What a user asks for with a creation.
public struct NewInstance: Sendable, Hashable {
    public var name: String
    public var plan: Plan
    public var team: String
    public var user: String
    public var description: String
    public var tags: [String]

    public init(
        name: String, plan: Plan, team: String = "", user: String = "", description: String = "", tags: [String] = []
    ) {
        self.name = name
        self.plan = plan
        self.team = team
        self.user = user
        self.description = description
        self.tags = tags
    }
}

/// What became of a request for another plan.
public enum PlanRequest: Sendable, Hashable {
    /// A job is on its way.
    case accepted
    /// The instance has this plan.
    case unchanged
    /// It is not in a state to be changed.
    case notRunning(InstanceStatus)
    /// There is no such instance, or not with this id any more.
    case absent
}

/// What became of a request to destroy.
public enum Destruction: Sendable, Hashable {
    /// The name is free from now on, and a job is on its way.
    case accepted
    /// It was destroyed before, and something is left of it. Its job has been added again.
    case alreadyUnderWay
    /// Nothing is left of an instance of this name.
    case absent
}

/// What became of a request to try again.
public enum RetryRequest: Sendable, Hashable {
    /// A job is on its way.
    case accepted
    /// There is nothing to try again: it has not failed.
    case notFailed(InstanceStatus)
    case absent
}

/// What a job is for. A worker looks at the instance to see what there is to do; this is for logs and figures.
public enum JobKind: String, Sendable, Hashable, Codable, CaseIterable {
    case create
    case update
    case destroy
}

extension InstanceSpecification.Secrets {
    /// New ones, from the system's secure source of randomness: 190 bits each.
    static func random() -> InstanceSpecification.Secrets {
        let symbols = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        var generator = SystemRandomNumberGenerator()
        func password() -> String { String((0..<32).map { _ in symbols.randomElement(using: &generator)! }) }
        return .init(apiUser: "pushaas", apiPassword: password(), redisPassword: password())
    }
}
