import Logging
import PushRuntime
import PushaasProvisioning

@testable import PushaasECS

extension ECSConfiguration {
    /// A configuration that a test begins with.
    ///
    /// - Parameter values: Keys without `provisioner.ecs.`.
    static func test(_ values: [String: String] = [:]) throws -> ECSConfiguration {
        let defaults = [
            "region": "eu-west-1", "subnet": "subnet-1, subnet-2", "security_group": "sg-1", "dns_namespace": "push.internal",
            "poll_interval": "50ms", "deployment_timeout": "60s",
        ]
        var overrides: [String: String] = [:]
        for (key, value) in defaults.merging(values, uniquingKeysWith: { $1 }) { overrides[name(key)] = value }
        return try ECSConfiguration(
            ConfigurationSchema(prefix: "PUSHAAS", keys: keys).load(environment: [:], overrides: overrides))
    }
}

extension Plan {
    static let small = Plan(
        name: "small", description: "", streamTasks: 1, apiTasks: 1, stream: .init(cpu: 200, memory: 256),
        agent: .init(cpu: 50, memory: 128), api: .init(cpu: 250, memory: 256), redis: .init(cpu: 250, memory: 512),
        persistence: .ephemeral,
        limits: .init(subscribers: 1000, messagesPerSecond: 100, historyMessages: 20, historySeconds: 300))
    static let medium = Plan(
        name: "medium", description: "", streamTasks: 2, apiTasks: 3, stream: .init(cpu: 500, memory: 1024),
        agent: .init(cpu: 50, memory: 128), api: .init(cpu: 250, memory: 256), redis: .init(cpu: 500, memory: 1024),
        persistence: .ephemeral,
        limits: .init(subscribers: 10_000, messagesPerSecond: 1000, historyMessages: 100, historySeconds: 4000))
}

extension InstanceSpecification {
    static func test(_ plan: Plan = .small, id: String = "k3v9q0z1x7ab") throws -> InstanceSpecification {
        guard let id = InstanceID(rawValue: id) else { throw ProviderError(.permanent, "no id") }
        return InstanceSpecification(
            id: id, name: "My_Chat", plan: plan,
            secrets: .init(apiUser: "pushaas-user", apiPassword: "api-password-zzz", redisPassword: "redis-password-zzz"))
    }
}

extension ECSTemplates.Inputs {
    static let test = ECSTemplates.Inputs(
        secretARN: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mine-AbCdEf",
        executionRole: "arn:aws:iam::123456789012:role/ecsTaskExecutionRole", streamURL: "http://stream.example:9080")
}

extension Logger {
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
