import PushModels
import PushaasProvisioning

/// pushaas itself, and the Redis where it keeps its records, as services of the cluster in which it makes instances.
extension ECSTemplates {
    private static let port = 9000
    private static let size = Plan.Size(cpu: 250, memory: 512)
    private static let redisSize = Plan.Size(cpu: 250, memory: 512)

    /// `ecs:RegisterTaskDefinition` for pushaas.
    ///
    /// - Parameters:
    ///   - family: The task definition's name.
    ///   - image: pushaas' image.
    ///   - role: Of the task: what pushaas may do in the account.
    ///   - secretARN: Of a secret with the members `api_password` and `redis_url`.
    func pushaasDefinition(
        family: String, image: String, role: String, executionRole: String, secretARN: String
    ) -> [String: JSONValue]? {
        let configuration = self.configuration
        var container = self.container("pushaas", image: image, size: Self.size, logs: family)
        container["environment"] = self.environment([
            ("PUSHAAS_ENV", "prod"),
            ("PUSHAAS_PROVISIONER__PROVIDER", "ecs"),
            ("PUSHAAS_PROVISIONER__INSTALLATION", self.installation),
            ("PUSHAAS_PROVISIONER__ECS__REGION", configuration.region),
            ("PUSHAAS_PROVISIONER__ECS__CLUSTER", configuration.cluster),
            ("PUSHAAS_PROVISIONER__ECS__SUBNET", configuration.subnets.joined(separator: ",")),
            ("PUSHAAS_PROVISIONER__ECS__SECURITY_GROUP", configuration.securityGroups.joined(separator: ",")),
            ("PUSHAAS_PROVISIONER__ECS__DNS_NAMESPACE", configuration.namespace),
            ("PUSHAAS_PROVISIONER__ECS__LOGS_GROUP", configuration.logGroup),
            ("PUSHAAS_PROVISIONER__ECS__EXECUTION_ROLE", executionRole),
            ("PUSHAAS_PROVISIONER__ECS__IMAGE_PUSH_API", configuration.apiImage),
            ("PUSHAAS_PROVISIONER__ECS__IMAGE_PUSH_AGENT", configuration.agentImage),
            ("PUSHAAS_PROVISIONER__ECS__IMAGE_PUSH_STREAM", configuration.streamImage),
            ("PUSHAAS_PROVISIONER__ECS__IMAGE_PUSH_REDIS", configuration.redisImage),
        ])
        container["secrets"] = [
            self.secret("PUSHAAS_API__BASIC_AUTH_PASSWORD", "api_password", of: secretARN),
            self.secret("PUSHAAS_REDIS__URL", "redis_url", of: secretARN),
        ]
        container["portMappings"] = [["containerPort": .int(Self.port), "protocol": "tcp"]]
        container["healthCheck"] = self.health(["CMD", "pushaas", "--health"])
        container["readonlyRootFilesystem"] = true
        container["stopTimeout"] = 60
        return self.definition(family: family, sizes: [Self.size], [container], executionRole: executionRole, taskRole: role)
    }

    /// `ecs:RegisterTaskDefinition` for pushaas' Redis, with its data on the configured file system.
    ///
    /// - Parameter secretARN: Of a secret with the member `redis_password`.
    func pushaasRedisDefinition(family: String, executionRole: String, secretARN: String) -> [String: JSONValue]? {
        var container = self.container(
            "redis", image: self.configuration.redisImage, size: Self.redisSize, logs: family)
        let folder = "/data/\(family)"
        container["entryPoint"] = ["sh", "-c"]
        container["command"] = [.string("mkdir -p \(folder) && \(self.redisStart(folder: folder, size: Self.redisSize))")]
        container["portMappings"] = [["containerPort": .int(Component.redis.port), "protocol": "tcp"]]
        container["secrets"] = [self.secret("REDIS_PASSWORD", "redis_password", of: secretARN)]
        container["healthCheck"] = self.redisHealth
        container["mountPoints"] = [self.mount]
        container["stopTimeout"] = 60
        var definition = self.definition(
            family: family, sizes: [Self.redisSize], [container], executionRole: executionRole,
            taskRole: self.configuration.taskRole)
        definition?["volumes"] = [self.volume]
        return definition
    }

    /// `ecs:CreateService` for pushaas.
    func pushaasService(_ name: String, registryARN: String, targetGroupARN: String) -> [String: JSONValue] {
        self.service(
            name, container: "pushaas", port: Self.port, count: 1, keepsData: false, taskDefinition: name,
            registryARN: registryARN, targetGroupARN: targetGroupARN, token: name)
    }

    /// `ecs:CreateService` for pushaas' Redis.
    func pushaasRedisService(_ name: String, registryARN: String) -> [String: JSONValue] {
        self.service(
            name, container: "redis", port: Component.redis.port, count: 1, keepsData: true, taskDefinition: name,
            registryARN: registryARN, targetGroupARN: nil, token: name)
    }
}
