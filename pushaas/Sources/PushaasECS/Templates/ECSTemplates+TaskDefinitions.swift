import PushModels
import PushaasProvisioning

extension ECSTemplates {
    /// `ecs:RegisterTaskDefinition` for a component, sized and limited by the specification's plan.
    ///
    /// - Throws: `ProviderError` of kind `unsupported` if Fargate has no task that is big enough.
    public func taskDefinition(
        _ component: Component, _ specification: InstanceSpecification, _ inputs: Inputs
    ) throws(ProviderError) -> JSONValue {
        let containers: [[String: JSONValue]] =
            switch component {
            case .redis: [self.redisContainer(specification, inputs)]
            // push-stream last and depending on its agent: ECS starts in this order and stops in reverse, so that an agent goes on
            // delivering while its push-stream parts with the subscribers.
            case .stream: [self.agentContainer(specification, inputs), self.streamContainer(specification)]
            case .api: [self.apiContainer(specification, inputs)]
            }
        var definition = try self.definition(
            family: component.name(specification), sizes: component.sizes(in: specification.plan), containers, specification,
            inputs)
        if component == .redis, self.configuration.redisMode == .efs { definition["volumes"] = [self.volume] }
        return self.tagged(definition, specification)
    }

    /// `ecs:RegisterTaskDefinition` for the task that takes away what a Redis has stored; `nil` where that ends with its task.
    func removalDefinition(_ specification: InstanceSpecification, _ inputs: Inputs) throws(ProviderError) -> JSONValue? {
        // The smallest that Fargate has; a container may not ask for more than its task.
        let size = Plan.Size(cpu: 250, memory: 512)
        var container = self.container("removal", image: self.configuration.redisImage, size: size, specification)
        container["entryPoint"] = ["sh", "-c"]
        switch self.configuration.redisMode {
        case .ephemeral: return nil
        case .efs:
            container["command"] = [.string("rm -rf -- \(self.folder(specification))")]
            container["mountPoints"] = [self.mount]
        case .external:
            container["command"] = ["exec redis-cli -u \"$REDIS_URL\" --no-auth-warning FLUSHDB"]
            container["secrets"] = [self.secret("REDIS_URL", "redis_url", inputs)]
        }
        var definition = try self.definition(
            family: self.removalFamily(specification), sizes: [size], [container], specification, inputs)
        if self.configuration.redisMode == .efs { definition["volumes"] = [self.volume] }
        return self.tagged(definition, specification)
    }

    func removalFamily(_ specification: InstanceSpecification) -> String { "\(specification.resourceName)-removal" }

    // MARK: Parts

    private func tagged(_ definition: [String: JSONValue], _ specification: InstanceSpecification) -> JSONValue {
        var definition = definition
        let digest = Self.digest(JSONValue.object(definition).text)
        definition["tags"] = self.lowerCaseTags(specification, and: [(Self.digestTag, digest)])
        return .object(definition)
    }

    /// FNV-1a of 64 bits: tells revisions apart, and protects nothing.
    static func digest(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return String(hash, radix: 16)
    }

    private func container(
        _ name: String, image: String, size: Plan.Size, _ specification: InstanceSpecification
    ) -> [String: JSONValue] {
        self.container(name, image: image, size: size, logs: specification.resourceName)
    }

    private func definition(
        family: String, sizes: [Plan.Size], _ containers: [[String: JSONValue]], _ specification: InstanceSpecification,
        _ inputs: Inputs
    ) throws(ProviderError) -> [String: JSONValue] {
        guard
            let definition = self.definition(
                family: family, sizes: sizes, containers, executionRole: inputs.executionRole,
                taskRole: self.configuration.taskRole)
        else {
            throw ProviderError(
                .unsupported, "Fargate has no task of the size that plan '\(specification.plan.name)' asks for in \(family)")
        }
        return definition
    }

    private func redisContainer(_ specification: InstanceSpecification, _ inputs: Inputs) -> [String: JSONValue] {
        let size = specification.plan.redis
        var container = self.container(Component.redis.rawValue, image: self.configuration.redisImage, size: size, specification)
        let folder = self.configuration.redisMode == .efs ? self.folder(specification) : "/data"
        let start = self.redisStart(folder: folder, size: size)
        container["entryPoint"] = ["sh", "-c"]
        container["command"] = [.string(start)]
        container["portMappings"] = [["containerPort": .int(Component.redis.port), "protocol": "tcp"]]
        container["secrets"] = [self.secret("REDIS_PASSWORD", "redis_password", inputs)]
        container["healthCheck"] = self.redisHealth
        // Time to write what is not written yet.
        container["stopTimeout"] = 60
        if self.configuration.redisMode == .efs {
            container["command"] = [.string("mkdir -p \(folder) && \(start)")]
            container["mountPoints"] = [self.mount]
        }
        return container
    }

    private func agentContainer(_ specification: InstanceSpecification, _ inputs: Inputs) -> [String: JSONValue] {
        let plan = specification.plan
        var container = self.container("push-agent", image: self.configuration.agentImage, size: plan.agent, specification)
        container["environment"] = self.environment([
            ("PUSHAGENT_ENV", "prod"),
            // The containers of a task share its loopback, so that nobody else can publish.
            ("PUSHAGENT_PUSH_STREAM__URL", "http://127.0.0.1:9081"),
            ("PUSHAGENT_WORKERS__SUBSCRIPTION__REPLAY_WINDOW", "\(max(1, plan.limits.historySeconds))s"),
        ])
        container["secrets"] = [self.secret("PUSHAGENT_REDIS__URL", "redis_url", inputs)]
        container["healthCheck"] = self.health(["CMD", "push-agent", "--health"])
        container["readonlyRootFilesystem"] = true
        container["stopTimeout"] = 30
        return container
    }

    private func streamContainer(_ specification: InstanceSpecification) -> [String: JSONValue] {
        let plan = specification.plan
        var container = self.container(
            Component.stream.rawValue, image: self.configuration.streamImage, size: plan.stream, specification)
        let directives =
            "push_stream_subscribers_limit \(plan.subscribersPerStreamTask); "
            + "push_stream_history_limit \(plan.limits.historyMessages) \(plan.limits.historySeconds)s;"
        container["entryPoint"] = ["push-stream"]
        container["command"] = ["-c", "/etc/push-stream/nginx.conf", "-g", .string(directives)]
        // 9081 is in no mapping: the agent reaches it over loopback.
        container["portMappings"] = [["containerPort": .int(Component.stream.port), "protocol": "tcp"]]
        container["dependsOn"] = [["containerName": "push-agent", "condition": "START"]]
        container["healthCheck"] = self.health(["CMD", "push-stream", "--health"])
        container["ulimits"] = [["name": "nofile", "softLimit": 65_535, "hardLimit": 65_535]]
        // The longest that Fargate grants: subscribers are parted with one after the other.
        container["stopTimeout"] = 120
        return container
    }

    private func apiContainer(_ specification: InstanceSpecification, _ inputs: Inputs) -> [String: JSONValue] {
        let plan = specification.plan
        var container = self.container(Component.api.rawValue, image: self.configuration.apiImage, size: plan.api, specification)
        var variables = [
            ("PUSHAPI_ENV", "prod"),
            ("PUSHAPI_PUSH_STREAM__URL", inputs.streamURL),
            ("PUSHAPI_LIMITS__MESSAGES_PER_SECOND", "\(plan.limits.messagesPerSecond)"),
            // Long enough for an agent that was away, and for the replay after its push-stream has restarted.
            ("PUSHAPI_REDIS__STREAM__RETENTION", "\(max(3600, 2 * plan.limits.historySeconds))s"),
        ]
        if let proxies = self.configuration.apiLoadBalancer?.trustedProxies, !proxies.isEmpty {
            variables.append(("PUSHAPI_SERVER__TRUSTED_PROXIES", proxies))
        }
        container["environment"] = self.environment(variables)
        container["secrets"] = [
            self.secret("PUSHAPI_API__BASIC_AUTH_USER", "api_user", inputs),
            self.secret("PUSHAPI_API__BASIC_AUTH_PASSWORD", "api_password", inputs),
            self.secret("PUSHAPI_REDIS__URL", "redis_url", inputs),
        ]
        container["portMappings"] = [["containerPort": .int(Component.api.port), "protocol": "tcp"]]
        container["healthCheck"] = self.health(["CMD", "push-api", "--health"])
        container["readonlyRootFilesystem"] = true
        container["stopTimeout"] = 30
        return container
    }

    // MARK: Members

    private func secret(_ variable: String, _ member: String, _ inputs: Inputs) -> JSONValue {
        self.secret(variable, member, of: inputs.secretARN)
    }

    private func folder(_ specification: InstanceSpecification) -> String { "/data/\(specification.id)" }
}
