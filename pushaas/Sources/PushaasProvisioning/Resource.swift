/// Something that exists at a provider and bears the tags of this pushaas: a container, a service, a folder.
public struct Resource: Sendable, Hashable, Codable {
    /// The provider's word: `container`, `network`, `ecs-service`.
    public var kind: String
    /// What the provider needs to find it again: a name, an ARN.
    public var identifier: String
    /// The instance it was made for, from its tags; `nil` if they do not tell.
    public var instance: InstanceID?

    public init(kind: String, identifier: String, instance: InstanceID?) {
        self.kind = kind
        self.identifier = identifier
        self.instance = instance
    }
}

/// What an inspection found of one part of an instance.
public struct PartState: Sendable, Hashable, Codable {
    /// The component: `push-stream`.
    public var part: String
    /// How many the plan wants.
    public var expected: Int
    /// How many run and are healthy.
    public var healthy: Int
    /// What is wrong, in words; `nil` if nothing is.
    public var problem: String?

    public init(part: String, expected: Int, healthy: Int, problem: String? = nil) {
        self.part = part
        self.expected = expected
        self.healthy = healthy
        self.problem = problem
    }
}
