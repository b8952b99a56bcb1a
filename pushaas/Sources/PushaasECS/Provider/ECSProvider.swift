import Logging
import PushModels
import PushaasCurl
import PushaasProvisioning

/// Instances as Fargate services of Amazon ECS.
///
/// An instance is one secret, a name in Cloud Map, a family of task definitions and a service for each component, and where load balancers are
/// configured a target group and a listener. Cluster, network, roles, namespace and load balancers are there already.
public struct ECSProvider: Provider {
    public let name = "ecs"
    public let templates: ECSTemplates
    let aws: AWSClient

    /// - Parameter environment: The variables that the chain of credentials reads.
    public init(configuration: ECSConfiguration, installation: String, environment: [String: String], logger: Logger) {
        self.init(
            configuration: configuration, installation: installation, logger: logger, environment: environment,
            retry: RetryPolicy(), http: CurlClient())
    }

    init(
        configuration: ECSConfiguration, installation: String, logger: Logger, environment: [String: String],
        retry: RetryPolicy, http: CurlClient
    ) {
        self.templates = ECSTemplates(configuration: configuration, installation: installation)
        func client(_ credentials: any CredentialSource) -> AWSClient {
            AWSClient(
                http: http, credentials: credentials, region: configuration.region, endpoint: configuration.endpoint,
                retry: retry,
                timeout: configuration.callTimeout, logger: logger)
        }
        self.aws = client(
            CredentialChain([
                EnvironmentCredentials(environment: environment),
                WebIdentityCredentials(environment: environment, client: client(NoCredentials())),
                ContainerCredentials(environment: environment, http: http),
                InstanceCredentials(environment: environment, http: http),
            ]))
    }

    var configuration: ECSConfiguration { self.templates.configuration }
    var secrets: SecretStore { SecretStore(aws: self.aws, templates: self.templates) }
    var names: CloudMap { CloudMap(aws: self.aws, templates: self.templates) }
    var deployer: ServiceDeployer { ServiceDeployer(aws: self.aws, templates: self.templates) }
    var balancers: LoadBalancers { LoadBalancers(aws: self.aws, templates: self.templates) }
    var addresses: Addresses { Addresses(aws: self.aws, deployer: self.deployer) }

    func loadBalancer(_ component: Component) -> ECSConfiguration.LoadBalancer? {
        switch component {
        case .redis: nil
        case .stream: self.configuration.streamLoadBalancer
        case .api: self.configuration.apiLoadBalancer
        }
    }

    public func check() async throws {
        try await translating {
            let clusters = try await self.aws.json(
                .ecs, "DescribeClusters", ["clusters": [.string(self.configuration.cluster)]])
            guard clusters["clusters"]?.elements.contains(where: { $0["status"]?.string == "ACTIVE" }) == true else {
                throw ProviderError(
                    .permanent, "there is no active ECS cluster '\(self.configuration.cluster)' in \(self.configuration.region)")
            }
            _ = try await self.names.namespaceID()
            // Each of these is refused if one of them does not exist.
            try await self.aws.query(.ec2, "DescribeSubnets", Self.form("SubnetId", self.configuration.subnets))
            try await self.aws.query(.ec2, "DescribeSecurityGroups", Self.form("GroupId", self.configuration.securityGroups))
            for component in Component.allCases {
                if let balancer = self.loadBalancer(component) { _ = try await self.balancers.describe(balancer.arn) }
            }
        }
    }

    private static func form(_ name: String, _ values: [String]) -> QueryForm {
        QueryForm(values.enumerated().map { ("\(name).\($0.offset + 1)", $0.element) })
    }

    public func creationSteps(for plan: Plan) throws(ProviderError) -> [ProvisioningStep] {
        try self.refuse(plan)
        var steps: [ProvisioningStep] = []
        if self.configuration.redisMode == .external { steps.append(self.redisClaimStep()) }
        steps += [self.executionRoleStep(), self.logGroupStep(), self.secretStep()]
        if self.configuration.redisMode != .ephemeral { steps.append(self.redisDataStep()) }
        if self.configuration.redisMode != .external { steps.append(self.serviceStep(.redis)) }
        for component in [Component.stream, .api] {
            if let balancer = self.loadBalancer(component) { steps.append(self.entranceStep(component, balancer)) }
            steps.append(self.serviceStep(component))
        }
        return steps + [self.reachabilityStep()]
    }

    /// What cannot be had with this configuration.
    private func refuse(_ plan: Plan) throws(ProviderError) {
        for component in Component.allCases where component != .redis || self.configuration.redisMode != .external {
            guard FargateSize(fitting: component.sizes(in: plan)) != nil else {
                throw ProviderError(
                    .unsupported, "Fargate has no task of the size that plan '\(plan.name)' gives to \(component.rawValue)")
            }
        }
        if plan.persistence == .persistent, self.configuration.redisMode == .ephemeral {
            throw ProviderError(
                .unsupported,
                "plan '\(plan.name)' keeps what Redis has when its task ends, which this pushaas cannot: "
                    + "its administrator has to set provisioner.ecs.redis.mode to efs or external")
        }
        for component in [Component.stream, .api]
        where component.count(in: plan) > 1 && self.configuration.assignsPublicIP && self.loadBalancer(component) == nil {
            throw ProviderError(
                .unsupported,
                "plan '\(plan.name)' runs \(component.count(in: plan)) tasks of \(component.rawValue), which needs a load balancer in "
                    + "front of them: the administrator of pushaas has to set \(Self.balancerKey(component))")
        }
    }

    private static func balancerKey(_ component: Component) -> String {
        ECSConfiguration.name("\(component == .api ? "api" : "stream")_load_balancer.arn")
    }

    public func resizeSteps(from plan: Plan, to target: Plan) throws(ProviderError) -> [ProvisioningStep] {
        try self.refuse(target)
        var steps: [ProvisioningStep] = []
        // Without a volume, a new Redis would begin empty. So the one that runs stays, with the size that it has.
        if self.configuration.redisMode == .efs, plan.redis != target.redis { steps.append(self.resizeStep(.redis)) }
        let isStreamReplaced =
            plan.stream != target.stream || plan.agent != target.agent
            || plan.subscribersPerStreamTask != target.subscribersPerStreamTask
            || plan.limits.historyMessages != target.limits.historyMessages
            || plan.limits.historySeconds != target.limits.historySeconds
        let isAPIReplaced =
            plan.api != target.api || plan.limits.messagesPerSecond != target.limits.messagesPerSecond
            || max(1800, plan.limits.historySeconds) != max(1800, target.limits.historySeconds)
        for (component, isReplaced) in [(Component.stream, isStreamReplaced), (.api, isAPIReplaced)] {
            if isReplaced, self.configuration.assignsPublicIP, self.loadBalancer(component) == nil {
                throw ProviderError(
                    .unsupported,
                    "plan '\(target.name)' needs another task of \(component.rawValue), whose public address would be another one than "
                        + "apps and browsers know: the administrator of pushaas has to set \(Self.balancerKey(component)) first")
            }
            if isReplaced || component.count(in: plan) != component.count(in: target) { steps.append(self.resizeStep(component)) }
        }
        return steps
    }
}

/// For calls that bear no signature.
private struct NoCredentials: CredentialSource {
    func credentials(renewed: Bool) async throws -> AWSCredentials { throw CredentialError("this call is not signed") }
}

/// Runs a piece of work and gives its errors as a provider's.
func translating<Result>(_ work: () async throws -> Result) async throws -> Result {
    do {
        return try await work()
    } catch let error as AWSError {
        throw error.providerError
    } catch let error as CredentialError {
        throw ProviderError(error.isTransient ? .temporary : .permanent, error.description)
    }
}
