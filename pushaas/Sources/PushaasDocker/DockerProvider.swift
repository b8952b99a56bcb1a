import Logging
import PushaasCurl
import PushaasProvisioning

/// Instances as containers, a network and, for persistent plans, a volume on one Docker Engine.
public struct DockerProvider: Provider {
    let configuration: DockerConfiguration
    let installation: String
    let engine: EngineClient
    let curl: CurlClient
    let logger: Logger

    /// - Parameter installation: The value of the label that tells what belongs to this pushaas from what belongs to another one.
    public init(configuration: DockerConfiguration, installation: String, logger: Logger) {
        self.configuration = configuration
        self.installation = installation
        self.curl = CurlClient()
        self.engine = EngineClient(configuration.endpoint, curl: self.curl)
        self.logger = logger
    }

    public var name: String { "docker" }

    public func check() async throws {
        let version = try await self.engine.negotiate()
        try await self.engine.call("GET", "/_ping", timeout: .seconds(10))
        self.logger.debug("Docker Engine answers", metadata: ["docker-api-version": "\(version)"])
    }

    public func creationSteps(for plan: Plan) throws(ProviderError) -> [ProvisioningStep] {
        try self.require(plan)
        return [
            self.networkStep, self.volumeStep, self.redisStep, self.streamStep, self.balancerStep, self.apiStep,
        ]
    }

    public func resizeSteps(from plan: Plan, to target: Plan) throws(ProviderError) -> [ProvisioningStep] {
        try self.require(target)
        return [self.redisResizeStep, self.streamResizeStep, self.apiResizeStep]
    }

    private func require(_ plan: Plan) throws(ProviderError) {
        let limit = HAProxyConfiguration.maximumServers
        guard plan.streamTasks <= limit, plan.apiTasks <= limit else {
            throw ProviderError(.unsupported, "at most \(limit) tasks of a component can run on a Docker Engine")
        }
        // What the Engine itself wants.
        for size in [plan.stream, plan.agent, plan.api, plan.redis] where size.cpu < 10 || size.memory < 6 {
            throw ProviderError(.unsupported, "a container needs at least 10 thousandths of a processor and 6 MiB of memory")
        }
    }

    func instance(_ context: StepContext) -> InstanceEngine {
        self.instance(context.specification, report: context.report)
    }

    func instance(
        _ specification: InstanceSpecification, report: @escaping @Sendable (String) async -> Void = { _ in }
    ) -> InstanceEngine {
        InstanceEngine(
            engine: self.engine, configuration: self.configuration, installation: self.installation, specification: specification,
            report: report)
    }

    func definitions(_ context: StepContext) -> Definitions {
        Definitions(configuration: self.configuration, specification: context.specification)
    }
}
