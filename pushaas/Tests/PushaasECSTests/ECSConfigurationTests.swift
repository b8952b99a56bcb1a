import PushRuntime
import Testing

@testable import PushaasECS

@Suite struct ECSConfigurationTests {
    private static let balancer = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/lb/0123456789abcdef"

    @Test func aPushaasWithAnotherProviderNeedsNoneOfTheKeys() throws {
        let schema = ConfigurationSchema(prefix: "PUSHAAS", keys: ECSConfiguration.keys)
        let values = try schema.load(environment: ["PUSHAAS_ENV": "prod"])
        // This provider then tells all that is missing at once.
        let error = #expect(throws: ConfigurationError.self) { try ECSConfiguration(values) }
        let missing = Set(error?.problems.compactMap(\.key) ?? [])
        #expect(
            missing == [
                "provisioner.ecs.region", "provisioner.ecs.subnet", "provisioner.ecs.security_group",
                "provisioner.ecs.dns_namespace",
            ])
    }

    @Test func valuesAreRead() throws {
        let configuration = try ECSConfiguration.test([
            "subnet": "subnet-a,subnet-b , subnet-c", "stream_load_balancer.arn": Self.balancer,
            "stream_load_balancer.ports": "9080-9099", "stream_load_balancer.certificate": "arn:cert",
            "redis.mode": "external", "redis.url": "redis://a,rediss://b",
        ])
        #expect(configuration.subnets == ["subnet-a", "subnet-b", "subnet-c"])
        #expect(configuration.streamLoadBalancer?.kind == .network)
        #expect(configuration.streamLoadBalancer?.ports == 9080...9099)
        #expect(configuration.streamLoadBalancer?.certificate == "arn:cert")
        #expect(configuration.streamLoadBalancer?.healthPath == "/readyz")
        #expect(configuration.apiLoadBalancer == nil)
        #expect(configuration.redisURLs == ["redis://a", "rediss://b"])
        #expect(configuration.assignsPublicIP)
        #expect(configuration.taskRole == nil)
    }

    @Test(arguments: [
        ("stream_load_balancer.arn", "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/x/y"),
        ("stream_load_balancer.ports", "9099-9080"), ("stream_load_balancer.ports", "0-10"),
        ("stream_load_balancer.ports", "many"), ("stream_load_balancer.health_path", "readyz"),
        ("redis.efs_file_system", ""), ("security_group", "a,b,c,d,e,f"),
    ])
    func whatMakesNoSenseIsToldByItsKey(key: String, value: String) throws {
        var values = ["stream_load_balancer.arn": Self.balancer, "redis.mode": "efs", "redis.efs_file_system": "fs-1"]
        values[key] = value
        let error = #expect(throws: ConfigurationError.self) { try ECSConfiguration.test(values) }
        #expect(error?.problems.compactMap(\.key) == ["provisioner.ecs.\(key)"])
    }

    @Test(arguments: ["", "http://redis", "redis://a,redis://a"])
    func externalRedisNeedsURLs(urls: String) throws {
        var values = ["redis.mode": "external"]
        if !urls.isEmpty { values["redis.url"] = urls }
        let error = #expect(throws: ConfigurationError.self) { try ECSConfiguration.test(values) }
        #expect(error?.problems.compactMap(\.key) == ["provisioner.ecs.redis.url"])
        // They may hold a password.
        if !urls.isEmpty { #expect(error?.description.contains(urls) == false) }
    }
}
