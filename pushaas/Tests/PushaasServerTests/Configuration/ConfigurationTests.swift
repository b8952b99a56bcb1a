import Foundation
import Logging
import PushRuntime
import PushaasProvisioning
import PushaasServer
import Testing

@Suite struct ConfigurationTests {
    private static let schema = PushaasConfiguration.schema(providerKeys: ProviderSelection.keys)

    private static func configuration(_ overrides: [String: String] = [:]) throws -> PushaasConfiguration {
        try PushaasConfiguration(Self.schema.load(environment: [:], overrides: overrides))
    }

    @Test func defaultsAreThoseOfExistingDeployments() throws {
        let configuration = try Self.configuration()
        #expect(configuration.port == 9000)
        #expect(configuration.authentication?.user == "tsuru")
        #expect(configuration.authentication?.password == "abc123")
        #expect(configuration.prefixes.instance == "instance")
        #expect(configuration.prefixes.variables == "instance-vars")
        #expect(configuration.prefixes.appBinding == "bind-app")
        #expect(configuration.prefixes.unitBinding == "bind-unit")
        #expect(configuration.installation == "pushaas")
        #expect(configuration.plans.plans.map(\.name) == ["small", "medium", "large"])
        #expect(configuration.plans.standard.name == "small")
        #expect(configuration.plans.standard.streamTasks == 1)
        #expect(configuration.plans.standard.apiTasks == 1)
        #expect(configuration.workers.reconcilerInterval == .seconds(600))
    }

    @Test func theNamesThatDeploymentsSetAreThere() throws {
        let names = Set(Self.schema.keys.map(\.name))
        for key in [
            "region", "cluster", "logs_group", "logs_stream_prefix", "image_push_api", "image_push_agent", "image_push_stream",
            "security_group", "subnet", "dns_namespace",
        ] {
            #expect(names.contains("provisioner.ecs.\(key)"), "\(key)")
        }
        let variable = Self.schema.variable(for: "redis.db.bind_app.prefix")
        #expect(variable == "PUSHAAS_REDIS__DB__BIND_APP__PREFIX")
    }

    @Test func plansAreWhatTheConfigurationSays() throws {
        let plans = try Self.configuration([
            "plans.default": "medium", "plans.small.enabled": "false", "plans.medium.push_stream.tasks": "5",
            "plans.medium.push_redis.memory": "1GB", "plans.medium.limits.history": "90s", "plans.large.enabled": "no",
            "plans.medium.push_redis.persistence": "ephemeral", "plans.medium.limits.subscribers": "0",
        ]).plans
        #expect(plans.plans.map(\.name) == ["medium"])
        #expect(plans.standard.streamTasks == 5)
        #expect(plans.standard.redis.memory == 1024)
        #expect(plans.standard.limits.historySeconds == 90)
        #expect(plans.standard.persistence == .ephemeral)
        #expect(plans.standard.subscribersPerStreamTask == 0)
        #expect(plans["small"] == nil)
    }

    @Test(arguments: [
        (["plans.small.enabled": "false"], "plans.default"), (["plans.default": "huge"], "plans.default"),
        (["plans.small.push_stream.tasks": "0"], "plans.small.push_stream.tasks"),
        (["provisioner.installation": "My Push"], "provisioner.installation"),
        (["provisioner.provider": "mesos"], "provisioner.provider"), (["redis.db.job.prefix": "instance"], "redis.db"),
        (["api.basic_auth_user": "a:b"], "api.basic_auth_user"), (["redis.url": "http://x"], "redis.url"),
        (["server.trusted_proxies": "10.0.0.0/99"], "server.trusted_proxies"),
        (["plans.tiny.enabled": "true"], "plans.tiny.enabled"),
    ])
    func whatIsWrongIsNamed(overrides: [String: String], key: String) {
        let error = #expect(throws: ConfigurationError.self) { try Self.configuration(overrides) }
        #expect(error.map { "\($0)" }?.contains(key) == true, "\(error.map { "\($0)" } ?? "none")")
    }

    @Test func prodRefusesThePasswordOfEverybody() {
        let error = #expect(throws: ConfigurationError.self) { try Self.schema.load(environment: ["PUSHAAS_ENV": "prod"]) }
        #expect(error.map { "\($0)" }?.contains("api.basic_auth_password") == true)
    }

    /// Settings of a provider that is not used may be missing.
    @Test func onlyTheChosenProviderIsAskedForItsSettings() throws {
        let values = try Self.schema.load(environment: [:], overrides: ["provisioner.provider": "docker"])
        let logger = Logger(label: "test")
        #expect(try ProviderSelection.make(values, installation: "a", environment: [:], logger: logger).name == "docker")
        let ecs = try Self.schema.load(environment: [:])
        let error = #expect(throws: ConfigurationError.self) {
            try ProviderSelection.make(ecs, installation: "a", environment: [:], logger: logger)
        }
        #expect(error.map { "\($0)" }?.contains("provisioner.ecs.") == true)
    }

    @Test func theReadmeHasTheConfigurationTable() throws {
        let readme = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../README.md")
        let text = try String(contentsOf: readme, encoding: .utf8)
        let table = Self.schema.markdownTable()
        #expect(text.contains(table), "the table must be:\n\(table)")
    }
}
