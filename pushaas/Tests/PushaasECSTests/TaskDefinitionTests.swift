import PushModels
import PushaasProvisioning
import Testing

@testable import PushaasECS

@Suite struct TaskDefinitionTests {
    private func definition(
        _ component: Component, _ plan: Plan = .small, _ values: [String: String] = [:]
    ) throws -> JSONValue {
        let templates = ECSTemplates(configuration: try .test(values), installation: "pushaas-a")
        return try templates.taskDefinition(component, .test(plan), .test)
    }

    private func container(_ definition: JSONValue, _ name: String) throws -> JSONValue {
        try #require(definition["containerDefinitions"]?.elements.first { $0["name"]?.string == name })
    }

    private func variables(_ container: JSONValue) -> [String: String] {
        var found: [String: String] = [:]
        for entry in container["environment"]?.elements ?? [] { found[entry["name"]?.string ?? ""] = entry["value"]?.string }
        return found
    }

    private func secrets(_ container: JSONValue) -> [String: String] {
        var found: [String: String] = [:]
        for entry in container["secrets"]?.elements ?? [] { found[entry["name"]?.string ?? ""] = entry["valueFrom"]?.string }
        return found
    }

    @Test(arguments: Component.allCases, ["ephemeral", "efs", "external"])
    func noSecretStandsInADefinition(component: Component, mode: String) throws {
        let text = try self.definition(
            component, .small,
            ["redis.mode": mode, "redis.efs_file_system": "fs-1", "redis.url": "rediss://:external-zzz@redis.example:6379"]
        ).text
        #expect(!text.contains("zzz"))
        #expect(text.contains(ECSTemplates.Inputs.test.secretARN))
    }

    @Test func everyDefinitionIsForFargateWithLogsRolesAndTags() throws {
        for component in Component.allCases {
            let definition = try self.definition(component, .small, ["task_role": "arn:aws:iam::123456789012:role/task"])
            #expect(definition["family"]?.string == "pushaas-my-chat-k3v9q0z1x7ab-\(component.rawValue)")
            #expect(definition["networkMode"] == "awsvpc")
            #expect(definition["requiresCompatibilities"] == ["FARGATE"])
            #expect(definition["executionRoleArn"]?.string == ECSTemplates.Inputs.test.executionRole)
            #expect(definition["taskRoleArn"] == "arn:aws:iam::123456789012:role/task")
            let tags = definition["tags"]?.elements ?? []
            for (key, value) in [
                ("pushaas.installation", "pushaas-a"), ("pushaas.instance", "k3v9q0z1x7ab"), ("pushaas.name", "My_Chat"),
            ] {
                #expect(tags.contains(["key": .string(key), "value": .string(value)]))
            }
            for container in definition["containerDefinitions"]?.elements ?? [] {
                let log = container["logConfiguration"]
                #expect(log?["logDriver"] == "awslogs")
                #expect(log?["options"]?["awslogs-group"] == "/pushaas")
                #expect(log?["options"]?["awslogs-region"] == "eu-west-1")
            }
        }
    }

    /// ECS refuses to mount a file system in the name of a role that the task does not have.
    @Test func aFileSystemIsMountedInTheNameOfTheTasksRoleIfThereIsOne() throws {
        let values = ["redis.mode": "efs", "redis.efs_file_system": "fs-1", "redis.efs_access_point": "fsap-1"]
        for (role, iam) in [("", "DISABLED"), ("arn:aws:iam::123456789012:role/task", "ENABLED")] {
            let definition = try self.definition(.redis, .small, values.merging(["task_role": role]) { $1 })
            let volume = definition["volumes"]?.elements.first?["efsVolumeConfiguration"]
            #expect(volume?["authorizationConfig"]?["iam"]?.string == iam)
        }
    }

    @Test func theAgentSharesTheTaskOfItsPushStreamAndPublishesOverLoopback() throws {
        let definition = try self.definition(.stream)
        #expect(definition["containerDefinitions"]?.elements.count == 2)
        #expect(definition["cpu"] == "256")
        #expect(definition["memory"] == "512")
        let shares = definition["containerDefinitions"]?.elements.compactMap { $0["cpu"]?.int } ?? []
        #expect(shares.reduce(0, +) <= 256)
        let agent = try self.container(definition, "push-agent")
        #expect(self.variables(agent)["PUSHAGENT_PUSH_STREAM__URL"] == "http://127.0.0.1:9081")
        #expect(self.secrets(agent)["PUSHAGENT_REDIS__URL"] == "\(ECSTemplates.Inputs.test.secretARN):redis_url::")
        #expect(agent["portMappings"] == nil)

        let stream = try self.container(definition, "push-stream")
        #expect(stream["stopTimeout"] == 120)
        // The publisher's port is nobody's but the agent's.
        #expect(stream["portMappings"] == [["containerPort": 9080, "protocol": "tcp"]])
        // Started after its agent, so stopped before it: what is published while it drains still arrives.
        #expect(stream["dependsOn"] == [["containerName": "push-agent", "condition": "START"]])
    }

    @Test func theLimitsOfThePlanAreSharedOutAndEnforced() throws {
        let stream = try self.container(try self.definition(.stream, .medium), "push-stream")
        #expect(
            stream["command"]?.strings.last
                == "push_stream_subscribers_limit 5000; push_stream_history_limit 100 4000s;")
        let agent = try self.container(try self.definition(.stream, .medium), "push-agent")
        #expect(self.variables(agent)["PUSHAGENT_WORKERS__SUBSCRIPTION__REPLAY_WINDOW"] == "4000s")
        let api = self.variables(try self.container(try self.definition(.api, .medium), "push-api"))
        #expect(api["PUSHAPI_LIMITS__MESSAGES_PER_SECOND"] == "1000")
        #expect(api["PUSHAPI_REDIS__STREAM__RETENTION"] == "8000s")
    }

    @Test func pushAPIHasItsPasswordsFromTheSecretAndTellsBrowsersThePublicAddress() throws {
        let api = try self.container(
            try self.definition(
                .api, .small, ["api_load_balancer.arn": Self.balancer, "api_load_balancer.trusted_proxies": "10.0.0.0/8"]),
            "push-api")
        let arn = ECSTemplates.Inputs.test.secretARN
        #expect(
            self.secrets(api) == [
                "PUSHAPI_API__BASIC_AUTH_USER": "\(arn):api_user::",
                "PUSHAPI_API__BASIC_AUTH_PASSWORD": "\(arn):api_password::", "PUSHAPI_REDIS__URL": "\(arn):redis_url::",
            ])
        #expect(self.variables(api)["PUSHAPI_PUSH_STREAM__URL"] == "http://stream.example:9080")
        #expect(self.variables(api)["PUSHAPI_SERVER__TRUSTED_PROXIES"] == "10.0.0.0/8")
        #expect(self.variables(api)["PUSHAPI_ENV"] == "prod")
    }

    static let balancer = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/lb/0123456789abcdef"

    @Test func redisOnAFileSystemHasAFolderOfItsOwn() throws {
        let definition = try self.definition(
            .redis, .small,
            ["redis.mode": "efs", "redis.efs_file_system": "fs-1", "redis.efs_access_point": "fsap-1"])
        let efs = definition["volumes"]?.elements.first?["efsVolumeConfiguration"]
        #expect(efs?["fileSystemId"] == "fs-1")
        #expect(efs?["transitEncryption"] == "ENABLED")
        #expect(efs?["authorizationConfig"] == ["accessPointId": "fsap-1", "iam": "DISABLED"])
        let redis = try self.container(definition, "push-redis")
        let start = try #require(redis["command"]?.strings.first)
        let rest =
            "exec redis-server /etc/push-redis/redis.conf --bind '*' '-::*' --dir /data/k3v9q0z1x7ab --maxmemory 384mb "
            + "--requirepass \"$REDIS_PASSWORD\""
        #expect(start == "mkdir -p /data/k3v9q0z1x7ab && \(rest)")
        #expect(redis["mountPoints"]?.elements.first?["containerPath"] == "/data")
        #expect(try self.definition(.redis)["volumes"] == nil)
    }

    @Test func whatRedisHasStoredIsRemovedByATaskWhereItOutlivesItsOwn() throws {
        func removal(_ values: [String: String]) throws -> JSONValue? {
            try ECSTemplates(configuration: try .test(values), installation: "a").removalDefinition(.test(), .test)
        }
        #expect(try removal([:]) == nil)
        let efs = try #require(try removal(["redis.mode": "efs", "redis.efs_file_system": "fs-1"]))
        #expect(try self.container(efs, "removal")["command"] == ["rm -rf -- /data/k3v9q0z1x7ab"])
        let external = try #require(try removal(["redis.mode": "external", "redis.url": "redis://redis.example"]))
        #expect(try self.container(external, "removal")["command"]?.strings.first?.hasSuffix("FLUSHDB") == true)
    }

    @Test func equalSpecificationsGiveEqualTextsAndOthersOtherDigests() throws {
        func digest(_ definition: JSONValue) -> JSONValue? {
            definition["tags"]?.elements.first { $0["key"] == "pushaas.digest" }?["value"]
        }
        #expect(try self.definition(.stream).text == self.definition(.stream).text)
        #expect(try digest(self.definition(.stream)) != digest(self.definition(.stream, .medium)))
        #expect(try digest(self.definition(.api)) != digest(self.definition(.redis)))
    }

    @Test func servicesRollBackAndHaveNoOverlapOfRedis() throws {
        let templates = ECSTemplates(configuration: try .test(), installation: "a")
        func service(_ component: Component) throws -> JSONValue {
            templates.createService(
                component, try .test(.medium), taskDefinition: "arn:aws:ecs:eu-west-1:1:task-definition/f:7",
                registryARN: "arn:r",
                targetGroupARN: component == .api ? "arn:t" : nil)
        }
        for component in Component.allCases {
            let service = try service(component)
            let deployment = service["deploymentConfiguration"]
            #expect(deployment?["deploymentCircuitBreaker"] == ["enable": true, "rollback": true])
            #expect(deployment?["maximumPercent"]?.int == (component == .redis ? 100 : 200))
            #expect(service["desiredCount"]?.int == component.count(in: .medium))
            #expect(service["propagateTags"] == "SERVICE")
            // Of the most that ECS takes.
            #expect(try #require(service["clientToken"]?.string).count <= 36)
            #expect(service["networkConfiguration"]?["awsvpcConfiguration"]?["subnets"] == ["subnet-1", "subnet-2"])
            #expect(service["serviceRegistries"] == [["registryArn": "arn:r"]])
        }
        #expect(
            try service(.api)["loadBalancers"]
                == [["targetGroupArn": "arn:t", "containerName": "push-api", "containerPort": 8080]])
        #expect(try service(.stream)["loadBalancers"] == nil)
    }

    @Test func aTaskThatFargateDoesNotHaveIsRefused() throws {
        var plan = Plan.small
        plan.api.memory = 200_000
        #expect(throws: ProviderError.self) { try self.definition(.api, plan) }
    }
}
