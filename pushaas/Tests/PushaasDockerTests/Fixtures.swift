import Logging
import PushRuntime
import PushTestSupport
import PushaasProvisioning
import PushaasTestSupport
import Synchronization

@testable import PushaasDocker

extension Plan {
    static func test(
        streams: Int = 1, apis: Int = 1, memory: Int = 64, persistence: Persistence = .ephemeral, subscribers: Int = 100,
        historySeconds: Int = 300
    ) -> Plan {
        let size = Size(cpu: 200, memory: memory)
        return Plan(
            name: "test", description: "", streamTasks: streams, apiTasks: apis, stream: size, agent: size, api: size,
            redis: size,
            persistence: persistence,
            limits: Limits(subscribers: subscribers, messagesPerSecond: 0, historyMessages: 20, historySeconds: historySeconds))
    }
}

extension InstanceSpecification {
    static func test(_ plan: Plan = .test()) -> InstanceSpecification {
        InstanceSpecification(
            id: .random(), name: "My_Chat", plan: plan,
            secrets: Secrets(apiUser: "pushaas", apiPassword: "apiPassword1", redisPassword: "redisPassword1"))
    }
}

func dockerConfiguration(_ values: [String: String]) throws -> DockerConfiguration {
    let schema = ConfigurationSchema(prefix: "TEST", keys: DockerConfiguration.keys)
    let names = Dictionary(uniqueKeysWithValues: values.map { ("provisioner.docker.\($0.key)", $0.value) })
    return try DockerConfiguration(try schema.load(environment: [:], overrides: names))
}

/// A provider with a fake Engine behind it, and a balancer that answers as if all servers were in use.
struct FakeInstallation {
    let engine: FakeEngine
    let provider: DockerProvider
    let balancer: ScriptedServer
    /// Tells how many servers the balancer uses.
    let counts: Counts
    let ports: ClosedRange<Int>

    final class Counts: Sendable {
        let text = Mutex<@Sendable () -> String>({ "64 64" })
    }

    init(_ values: [String: String] = [:]) async throws {
        try await self.init(FakeEngine(), values)
    }

    /// - Parameter engine: Perhaps with what another provider has made there.
    init(_ engine: FakeEngine, _ values: [String: String] = [:]) async throws {
        self.engine = engine
        let counts = Counts()
        self.counts = counts
        self.balancer = try await ScriptedServer { _ in .response(200, body: Array(counts.text.withLock { $0 }().utf8)) }
        self.ports = (self.balancer.port - 1)...self.balancer.port
        let defaults = [
            "host": "unix://\(self.engine.socket)", "publish_ports": "\(self.ports.lowerBound)-\(self.ports.upperBound)",
            "image_push_redis": "redis", "image_push_stream": "stream", "image_push_agent": "agent", "image_push_api": "api",
            "image_balancer": "balancer", "health_timeout": "1s",
        ]
        self.provider = DockerProvider(
            configuration: try dockerConfiguration(defaults.merging(values) { $1 }), installation: "test",
            logger: Logger(label: "test"))
    }

    /// As the job engine runs steps: each with what those before it have told.
    @discardableResult
    func run(
        _ steps: [ProvisioningStep], _ specification: InstanceSpecification, _ outputs: StepOutputs = [:]
    ) async throws -> StepOutputs {
        try await runSteps(steps, specification, outputs)
    }

    func undo(_ steps: [ProvisioningStep], _ specification: InstanceSpecification, _ outputs: StepOutputs = [:]) async throws {
        for step in steps.reversed() { try await step.undo(StepContext(specification: specification, outputs: outputs)) }
    }
}

@discardableResult
func runSteps(
    _ steps: [ProvisioningStep], _ specification: InstanceSpecification, _ outputs: StepOutputs = [:]
) async throws -> StepOutputs {
    var outputs = outputs
    for step in steps {
        outputs.merge(try await step.run(StepContext(specification: specification, outputs: outputs))) { $1 }
    }
    return outputs
}
