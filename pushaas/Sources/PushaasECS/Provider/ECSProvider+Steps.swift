import PushModels
import PushaasProvisioning

/// Outputs of the steps that only this provider reads.
enum ECSOutput {
    static let executionRole = "execution_role.arn"
    static let secretARN = "secret.arn"
    /// The URL of an external Redis, without user and password.
    static let redisServer = "redis.server"

    static func targetGroup(_ component: Component) -> String { "\(component.rawValue).target_group" }
    static func entrance(_ component: Component) -> String { "\(component.rawValue).load_balancer_url" }

    static func url(_ component: Component) -> String {
        component == .api ? WellKnownOutput.apiURL : WellKnownOutput.streamURL
    }
}

extension ECSProvider {
    /// A step whose errors are a provider's.
    private func step(
        _ name: String, title: String, timeout: Duration = .seconds(120),
        run: @escaping @Sendable (StepContext) async throws -> StepOutputs,
        undo: @escaping @Sendable (StepContext) async throws -> Void = { _ in }
    ) -> ProvisioningStep {
        ProvisioningStep(
            name, title: title, timeout: timeout, run: { context in try await translating { try await run(context) } },
            undo: { context in try await translating { try await undo(context) } })
    }

    /// Longer than a deployment may take, so that it tells itself why it did not come up.
    private var deploymentStepTimeout: Duration { self.configuration.deploymentTimeout + .seconds(180) }

    func executionRoleStep() -> ProvisioningStep {
        self.step("execution-role", title: "Look up the execution role") { _ in
            let role = self.configuration.executionRole
            if role.hasPrefix("arn:") { return [ECSOutput.executionRole: role] }
            do {
                let answer = try await self.aws.query(.iam, "GetRole", QueryForm([("RoleName", role)]))
                guard let arn = answer.find("Arn")?.text else {
                    throw AWSError(.iam, "GetRole", code: "BadAnswer", message: "there is no ARN in it", status: 200)
                }
                return [ECSOutput.executionRole: arn]
            } catch let error as AWSError where error.code == "NoSuchEntity" {
                throw ProviderError(
                    .permanent, "there is no role '\(role)'; create it, or set provisioner.ecs.execution_role to another")
            }
        }
    }

    /// Shared by all instances, so that no undo takes it away.
    func logGroupStep() -> ProvisioningStep {
        self.step("log-group", title: "Make sure of the log group") { _ in
            do {
                try await self.aws.json(.logs, "CreateLogGroup", ["logGroupName": .string(self.configuration.logGroup)])
            } catch let error as AWSError where error.code == "ResourceAlreadyExistsException" {
                return [:]
            }
            return [:]
        }
    }

    func redisClaimStep() -> ProvisioningStep {
        self.step("redis-claim", title: "Find a free Redis") { context in
            [ECSOutput.redisServer: try await self.secrets.claimRedis(context.specification)]
        } undo: { context in
            try await self.secrets.releaseRedis(context.specification)
        }
    }

    func secretStep() -> ProvisioningStep {
        self.step("secret", title: "Store the instance's passwords") { context in
            var url: String?
            if self.configuration.redisMode == .external {
                let server = try context.output(ECSOutput.redisServer)
                url = self.configuration.redisURLs.first { SecretStore.server(of: $0) == server }
                guard url != nil else {
                    throw ProviderError(
                        .permanent, "the Redis of this instance, \(server), stands no longer in provisioner.ecs.redis.url")
                }
            }
            return [ECSOutput.secretARN: try await self.secrets.ensure(context.specification, redisURL: url)]
        } undo: { context in
            try await self.secrets.remove(self.templates.secretName(context.specification))
        }
    }

    /// Makes nothing: what is stored comes to be when Redis starts. Its undo comes after Redis is gone and while the secret is still there.
    func redisDataStep() -> ProvisioningStep {
        self.step("redis-data", title: "Prepare what push-redis stores", timeout: self.deploymentStepTimeout) { _ in
            [:]
        } undo: { context in
            let name = self.templates.secretName(context.specification)
            // No secret, no container that could have written anything.
            guard let arn = try await self.secrets.describe(name)?["ARN"]?.string else { return }
            var inputs = self.inputs(context)
            inputs.secretARN = arn
            try await StoredData(aws: self.aws, deployer: self.deployer).remove(context, inputs)
        }
    }

    func entranceStep(_ component: Component, _ balancer: ECSConfiguration.LoadBalancer) -> ProvisioningStep {
        self.step("\(component.rawValue)-listener", title: "Let the load balancer lead to \(component.rawValue)") { context in
            let entrance = try await self.balancers.ensure(component, context.specification, balancer)
            return [ECSOutput.targetGroup(component): entrance.targetGroupARN, ECSOutput.entrance(component): entrance.url]
        } undo: { context in
            try await self.balancers.remove(component, context.specification, balancer)
        }
    }

    func serviceStep(_ component: Component) -> ProvisioningStep {
        self.step(component.rawValue, title: "Start \(component.rawValue)", timeout: self.deploymentStepTimeout) { context in
            try await self.deploy(component, context)
        } undo: { context in
            try await self.deployer.remove(component, context)
        }
    }

    /// Its undo is itself: the context's plan is the one of before then.
    func resizeStep(_ component: Component) -> ProvisioningStep {
        self.step(
            "resize-\(component.rawValue)", title: "Bring \(component.rawValue) to its new size",
            timeout: self.deploymentStepTimeout
        ) { context in
            try await self.deploy(component, context)
        } undo: { context in
            _ = try await self.deploy(component, context)
        }
    }

    func reachabilityStep() -> ProvisioningStep {
        self.step("addresses", title: "Reach push-api", timeout: .seconds(180)) { context in
            try await self.addresses.waitUntilReachable(try context.output(WellKnownOutput.apiURL))
            return [:]
        }
    }

    private func deploy(_ component: Component, _ context: StepContext) async throws -> StepOutputs {
        if component == .api { _ = try context.output(WellKnownOutput.streamURL) }
        _ = try context.output(ECSOutput.secretARN)
        if self.loadBalancer(component) != nil { _ = try context.output(ECSOutput.targetGroup(component)) }
        try await self.deployer.ensure(
            component, context, self.inputs(context), targetGroupARN: context.outputs[ECSOutput.targetGroup(component)])
        if component == .redis { return [:] }
        let url = try await self.addresses.url(
            of: component, context.specification, entrance: context.outputs[ECSOutput.entrance(component)])
        return [ECSOutput.url(component): url]
    }

    private func inputs(_ context: StepContext) -> ECSTemplates.Inputs {
        ECSTemplates.Inputs(
            secretARN: context.outputs[ECSOutput.secretARN] ?? "",
            executionRole: context.outputs[ECSOutput.executionRole] ?? self.configuration.executionRole,
            streamURL: context.outputs[WellKnownOutput.streamURL] ?? "")
    }
}
