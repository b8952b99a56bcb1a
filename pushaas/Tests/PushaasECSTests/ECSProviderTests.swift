import PushaasProvisioning
import Testing

@testable import PushaasECS

@Suite struct ECSProviderTests {
    static let shape = [
        "definition pushaas-my-chat-k3v9q0z1x7ab-push-api", "definition pushaas-my-chat-k3v9q0z1x7ab-push-redis",
        "definition pushaas-my-chat-k3v9q0z1x7ab-push-stream", "group arn:tg/push-api-k3v9q0z1x7ab",
        "listener arn:tg/push-api-k3v9q0z1x7ab", "name pushaas-my-chat-k3v9q0z1x7ab-push-api",
        "name pushaas-my-chat-k3v9q0z1x7ab-push-redis", "name pushaas-my-chat-k3v9q0z1x7ab-push-stream",
        "secret pushaas/pushaas-a/pushaas-my-chat-k3v9q0z1x7ab", "service pushaas-my-chat-k3v9q0z1x7ab-push-api 1",
        "service pushaas-my-chat-k3v9q0z1x7ab-push-redis 1", "service pushaas-my-chat-k3v9q0z1x7ab-push-stream 1",
    ]

    @Test func anInstanceIsCreatedInspectedListedAndDestroyed() async throws {
        let aws = FakeAWS()
        try await aws.serve { port in
            var driver = Driver(provider: try .test(port), specification: try .test())
            try await driver.provider.check()
            try await driver.create()
            #expect(aws.shape == Self.shape)
            #expect(driver.outputs[WellKnownOutput.streamURL] == "http://203.0.113.7:9080")
            #expect(driver.outputs[WellKnownOutput.apiURL] == "http://127.0.0.1:\(port)")
            #expect(driver.outputs.values.allSatisfy { !$0.contains("zzz") })
            #expect(aws.withState { $0.logGroups } == ["/pushaas"])

            let parts = try await driver.provider.inspect(driver.specification, outputs: driver.outputs)
            #expect(parts.map(\.part) == ["push-redis", "push-stream", "push-api"])
            #expect(parts.allSatisfy { $0.expected == 1 && $0.healthy == 1 && $0.problem == nil })

            let kinds = Dictionary(grouping: try await driver.provider.resources(), by: \.kind).mapValues(\.count)
            #expect(
                kinds == [
                    "ecs-service": 3, "ecs-task-definitions": 3, "cloud-map-service": 3, "secret": 1, "target-group": 1,
                ])
            #expect(try await driver.provider.resources().allSatisfy { $0.instance == driver.specification.id })

            try await driver.destroy()
            #expect(aws.remains == [])
            #expect(try await driver.provider.resources() == [])
            // Twice is once.
            try await driver.destroy()
        }
    }

    @Test func whatIsThereIsNotMadeAgain() async throws {
        let aws = FakeAWS()
        try await aws.serve { port in
            var driver = Driver(provider: try .test(port), specification: try .test())
            try await driver.create()
            let before = aws.calls.count
            var again = Driver(provider: try .test(port), specification: try .test())
            try await again.create()
            let calls = aws.calls[before...]
            #expect(!calls.contains { $0.hasPrefix("Create") && $0 != "CreateSecret" && $0 != "CreateLogGroup" })
            #expect(!calls.contains("RegisterTaskDefinition"))
            #expect(!calls.contains("UpdateService"))
            #expect(again.outputs == driver.outputs)
            #expect(aws.shape == Self.shape)
        }
    }

    @Test func theLeftoversOfADeadPushaasAreFoundByTheirTagsAndRemovedOneByOne() async throws {
        let aws = FakeAWS()
        try await aws.serve { port in
            var driver = Driver(provider: try .test(port), specification: try .test())
            try await driver.create()
            for resource in try await driver.provider.resources() { try await driver.provider.remove(resource) }
            #expect(aws.remains == [])
            for kind in ["ecs-service", "ecs-task-definitions", "cloud-map-service", "secret", "target-group"] {
                try await driver.provider.remove(Resource(kind: kind, identifier: "gone", instance: nil))
            }
            await #expect(throws: ProviderError.self) {
                try await driver.provider.remove(Resource(kind: "container", identifier: "x", instance: nil))
            }
        }
    }

    @Test func anotherInstallationsResourcesAreNotOurs() async throws {
        let aws = FakeAWS()
        try await aws.serve { port in
            var driver = Driver(provider: try .test(port), specification: try .test())
            try await driver.create()
            let other = ECSProvider(
                configuration: driver.provider.configuration, installation: "pushaas-b",
                environment: ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"], logger: .quiet)
            #expect(try await other.resources() == [])
        }
    }

    @Test func driftIsTold() async throws {
        let aws = FakeAWS()
        try await aws.serve { port in
            var driver = Driver(provider: try .test(port), specification: try .test())
            try await driver.create()
            let names = Component.allCases.map { $0.name(driver.specification) }
            aws.withState { state in
                state.services[names[0]] = nil
                state.publicIP = "203.0.113.8"
                state.broken = [names[2]]
                state.secrets = [:]
            }
            let parts = try await driver.provider.inspect(driver.specification, outputs: driver.outputs)
            let problems = Dictionary(uniqueKeysWithValues: parts.map { ($0.part, $0.problem ?? "") })
            #expect(problems["push-redis"] == "its ECS service is gone")
            #expect(
                problems["push-stream"]?.hasPrefix("its address was http://203.0.113.7:9080 and is http://203.0.113.8:9080")
                    == true)
            #expect(problems["push-api"]?.contains("image not found") == true)
            #expect(problems["secret"] == "the secret with its passwords is gone")

            aws.withState { $0.services[names[1]]?.desired = 5 }
            let again = try await driver.provider.inspect(driver.specification, outputs: driver.outputs)
            #expect(again[1].problem == "its ECS service is set to 5 tasks")
        }
    }

    @Test func theWayIsCheckedBeforeAnythingIsMade() async throws {
        let aws = FakeAWS()
        try await aws.serve { port in
            for (key, value, text) in [
                ("cluster", "gone", "there is no active ECS cluster 'gone' in eu-west-1"),
                ("dns_namespace", "gone", "there is no Cloud Map namespace 'gone'"),
            ] {
                let provider = try ECSProvider.test(port, [key: value])
                let error = await #expect(throws: ProviderError.self) { try await provider.check() }
                #expect(error?.message.contains(text) == true)
            }
            var driver = Driver(provider: try .test(port, ["execution_role": "gone"]), specification: try .test())
            let error = await #expect(throws: ProviderError.self) { try await driver.create() }
            #expect(error?.message.hasPrefix("there is no role 'gone'") == true)
        }
    }

    @Test func plansThatCannotBeHadAreRefusedWithWhatToSet() throws {
        let provider = try ECSProvider.test(1)
        var plan = Plan.medium
        let error = #expect(throws: ProviderError.self) { try provider.creationSteps(for: plan) }
        #expect(error?.kind == .unsupported)
        #expect(error?.message.contains("provisioner.ecs.stream_load_balancer.arn") == true)
        // Names that follow the tasks do as well.
        #expect(try ECSProvider.test(1, ["assign_public_ip": "false"]).creationSteps(for: plan).isEmpty == false)

        plan = .small
        plan.persistence = .persistent
        let second = #expect(throws: ProviderError.self) { try provider.creationSteps(for: plan) }
        #expect(second?.kind == .unsupported)
        #expect(second?.message.contains("provisioner.ecs.redis.mode") == true)
        #expect(
            try ECSProvider.test(1, ["redis.mode": "efs", "redis.efs_file_system": "fs-1"]).creationSteps(for: plan).map(\.name)
                == [
                    "execution-role", "log-group", "secret", "redis-data", "push-redis", "push-stream", "push-api-listener",
                    "push-api",
                    "addresses",
                ])

        plan = .small
        plan.stream.cpu = 20_000
        #expect(throws: ProviderError.self) { try provider.creationSteps(for: plan) }
    }

    @Test func anInstanceWithoutPublicAddressesIsReachedByName() async throws {
        let aws = FakeAWS()
        try await aws.serve { port in
            var driver = Driver(provider: try .test(port, ["assign_public_ip": "false"]), specification: try .test())
            try await driver.create()
            #expect(
                driver.outputs[WellKnownOutput.streamURL]
                    == "http://pushaas-my-chat-k3v9q0z1x7ab-push-stream.push.internal:9080")
        }
    }

    @Test func twoInstancesShareALoadBalancerByPorts() async throws {
        let aws = FakeAWS()
        try await aws.serve { port in
            let values = [
                "stream_load_balancer.arn": ECSProvider.balancerARN.replacing("/app/", with: "/net/"),
                "stream_load_balancer.ports": "9000-9001", "stream_load_balancer.certificate": "arn:cert",
                "api_load_balancer.ports": "\(port)-\(port + 1)",
            ]
            let provider = try ECSProvider.test(port, values)
            var first = Driver(provider: provider, specification: try .test())
            try await first.create()
            #expect(first.outputs[WellKnownOutput.streamURL] == "https://lb.example:9000")
            let listener = try #require(aws.withState { $0.listeners.values.first { $0["Port"] == "9000" } })
            #expect(listener["Protocol"] == "TLS")
            #expect(listener["Certificates.member.1.CertificateArn"] == "arn:cert")
            let groups = aws.withState { $0.groups }
            #expect(groups["arn:tg/push-stream-k3v9q0z1x7ab"]?["Protocol"] == "TCP")
            #expect(groups["arn:tg/push-stream-k3v9q0z1x7ab"]?["delay"] == "10")
            #expect(groups["arn:tg/push-api-k3v9q0z1x7ab"]?["Protocol"] == "HTTP")
            #expect(groups["arn:tg/push-api-k3v9q0z1x7ab"]?["HealthCheckPath"] == "/readyz")

            func listen(_ id: String) async throws -> String {
                let specification = try InstanceSpecification.test(id: id)
                let balancer = try #require(provider.configuration.streamLoadBalancer)
                return try await provider.balancers.ensure(.stream, specification, balancer).url
            }
            #expect(try await listen("secondsecond") == "https://lb.example:9001")
            let error = await #expect(throws: ProviderError.self) { try await listen("thirdthirdth") }
            #expect(error?.message.hasPrefix("all ports from 9000 to 9001") == true)
        }
    }
}
