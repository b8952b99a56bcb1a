import PushModels
import PushaasProvisioning

/// The requests that make an instance, as functions of the configuration and the specification and of nothing else: the provider sends them,
/// and whoever wants to see them first can print them.
public struct ECSTemplates: Sendable {
    /// What earlier steps have found out.
    public struct Inputs: Sendable, Hashable {
        /// The ARN of the secret, as it stands in `valueFrom` of the containers' secrets.
        public var secretARN: String
        /// A name or an ARN.
        public var executionRole: String
        /// The address at which browsers subscribe; push-api gives it to them.
        public var streamURL: String

        public init(secretARN: String, executionRole: String, streamURL: String) {
            self.secretARN = secretARN
            self.executionRole = executionRole
            self.streamURL = streamURL
        }
    }

    public let configuration: ECSConfiguration
    /// The value of the tag that tells one pushaas from another.
    public let installation: String

    public init(configuration: ECSConfiguration, installation: String) {
        self.configuration = configuration
        self.installation = installation
    }

    static let installationTag = "pushaas.installation"
    static let instanceTag = "pushaas.instance"
    static let nameTag = "pushaas.name"
    /// Of a task definition: what it was made from, so that an equal one is not made again.
    static let digestTag = "pushaas.digest"

    /// What every resource bears.
    func tags(_ specification: InstanceSpecification) -> [(key: String, value: String)] {
        [
            (Self.installationTag, self.installation), (Self.instanceTag, specification.id.rawValue),
            (Self.nameTag, specification.name),
        ]
    }

    /// As ECS writes them.
    func lowerCaseTags(_ specification: InstanceSpecification, and more: [(key: String, value: String)] = []) -> JSONValue {
        .array((self.tags(specification) + more).map { ["key": .string($0.key), "value": .string($0.value)] })
    }

    /// As Cloud Map and Secrets Manager write them.
    func upperCaseTags(_ specification: InstanceSpecification) -> JSONValue {
        .array(self.tags(specification).map { ["Key": .string($0.key), "Value": .string($0.value)] })
    }

    // MARK: Names

    /// Under which a component's tasks find one another: `pushaas-mychat-k3v9q0z1x7ab-push-redis.push.internal`.
    public func host(_ component: Component, _ specification: InstanceSpecification) -> String {
        "\(component.name(specification)).\(self.configuration.namespace)"
    }

    /// `/` keeps the secrets of one pushaas together, so that a policy can name them.
    func secretName(_ specification: InstanceSpecification) -> String {
        "pushaas/\(self.installation)/\(specification.resourceName)"
    }

    // MARK: Secret

    /// What the secret holds. Containers get single members of it.
    ///
    /// - Parameter redisURL: Of the Redis that somebody else runs; `nil` for the instance's own.
    func secret(_ specification: InstanceSpecification, redisURL: String?) -> JSONValue {
        let secrets = specification.secrets
        let own = "redis://:\(secrets.redisPassword)@\(self.host(.redis, specification)):\(Component.redis.port)"
        return [
            "api_user": .string(secrets.apiUser), "api_password": .string(secrets.apiPassword),
            "redis_password": .string(secrets.redisPassword), "redis_url": .string(redisURL ?? own),
        ]
    }

    /// `secretsmanager:CreateSecret`.
    func createSecret(_ specification: InstanceSpecification, redisURL: String?) -> JSONValue {
        [
            "Name": .string(self.secretName(specification)),
            // 32 characters at least; it becomes the version's id.
            "ClientRequestToken": .string("pushaas-instance-secret-\(specification.id)"),
            "Description": .string("Passwords of the Push Service instance \(specification.name)"),
            "SecretString": .string(self.secret(specification, redisURL: redisURL).text),
            "Tags": self.upperCaseTags(specification),
        ]
    }

    // MARK: Names in Cloud Map

    /// `servicediscovery:CreateService`: ECS registers and deregisters the tasks.
    public func cloudMapService(_ component: Component, _ specification: InstanceSpecification, namespaceID: String) -> JSONValue
    {
        var service = self.discovery(
            component.name(specification),
            description: "\(component.rawValue) of the Push Service instance \(specification.name)",
            namespaceID: namespaceID, token: "\(specification.id)-\(component.rawValue)")
        service["Tags"] = self.upperCaseTags(specification)
        return .object(service)
    }

    // MARK: Services

    /// `ecs:CreateService`.
    ///
    /// - Parameters:
    ///   - taskDefinition: An ARN, which ends with the revision; that is part of the token by which ECS knows a repeated call.
    ///   - registryARN: Of the Cloud Map service.
    ///   - targetGroupARN: `nil` without a load balancer.
    public func createService(
        _ component: Component, _ specification: InstanceSpecification, taskDefinition: String, registryARN: String,
        targetGroupARN: String?
    ) -> JSONValue {
        let revision = taskDefinition.split(separator: ":").last.map(String.init) ?? "0"
        var service = self.service(
            component.name(specification), container: component.rawValue, port: component.port,
            count: component.count(in: specification.plan), keepsData: component == .redis, taskDefinition: taskDefinition,
            registryARN: registryARN, targetGroupARN: targetGroupARN,
            token: "\(specification.id)-\(component.rawValue)-\(revision)")
        service["tags"] = self.lowerCaseTags(specification)
        return .object(service)
    }

    /// `ecs:UpdateService`.
    func updateService(
        _ component: Component, _ specification: InstanceSpecification, taskDefinition: String
    ) -> JSONValue {
        [
            "cluster": .string(self.configuration.cluster), "service": .string(component.name(specification)),
            "taskDefinition": .string(taskDefinition), "desiredCount": .int(component.count(in: specification.plan)),
            "deploymentConfiguration": self.deployment(keepsData: component == .redis),
        ]
    }

    /// `ecs:RunTask` for the task that takes away what a Redis has stored.
    func runRemoval(_ specification: InstanceSpecification, taskDefinition: String) -> JSONValue {
        let revision = taskDefinition.split(separator: ":").last.map(String.init) ?? "0"
        return [
            "cluster": .string(self.configuration.cluster), "taskDefinition": .string(taskDefinition), "count": 1,
            "launchType": "FARGATE", "platformVersion": "LATEST", "networkConfiguration": self.network,
            "startedBy": .string("pushaas-\(specification.id)"),
            "clientToken": .string("\(specification.id)-removal-\(revision)"),
            "tags": self.lowerCaseTags(specification), "enableECSManagedTags": true,
        ]
    }
}
