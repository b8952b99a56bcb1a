import PushRuntime

extension ECSConfiguration {
    /// All keys, named `provisioner.ecs.`, with their defaults and documentation. A pushaas with another provider starts without any of them.
    public static let keys: [ConfigurationKey] = placeKeys + imageKeys + redisKeys + balancerKeys

    static func name(_ key: String) -> String { "provisioner.ecs.\(key)" }

    private static let placeKeys: [ConfigurationKey] = [
        ConfigurationKey(name("region"), default: "", documentation: "The region: eu-west-1. Has to be set for this provider."),
        ConfigurationKey(
            name("cluster"), default: "pushaas-cluster", documentation: "The ECS cluster, which exists: its name or ARN."),
        ConfigurationKey(
            name("subnet"), default: "",
            documentation: "The subnets that tasks run in, separated by commas. At least one has to be set."),
        ConfigurationKey(
            name("security_group"), default: "",
            documentation: "The security groups of all tasks, separated by commas, 5 at most. At least one has to be set."),
        ConfigurationKey(
            name("assign_public_ip"), .bool, default: "true",
            documentation:
                "Whether tasks get public addresses, under which an instance is reached where no load balancer is set; "
                + "without, it is reached by its name in the namespace."),
        ConfigurationKey(
            name("dns_namespace"), default: "",
            documentation: "The private DNS namespace of Cloud Map, which exists: push.internal. Has to be set."),
        ConfigurationKey(
            name("logs_group"), default: "/pushaas", documentation: "The log group; made if it is not there, never removed."),
        ConfigurationKey(
            name("logs_stream_prefix"), default: "pushaas", documentation: "Begins the names of log streams."),
        ConfigurationKey(
            name("execution_role"), default: "ecsTaskExecutionRole",
            documentation: "The role, by name or ARN, with which ECS pulls images, writes logs and reads the secret."),
        ConfigurationKey(
            name("task_role"), default: "",
            documentation: "The role of the containers themselves, by name or ARN; none by default."),
        ConfigurationKey(
            name("cpu_architecture"), .choice(["X86_64", "ARM64"]), default: "X86_64",
            documentation: "What the images are made for."),
        ConfigurationKey(
            name("endpoint"), default: "",
            documentation: "One URL for all services of AWS, for a simulator; by default each has its own."),
        ConfigurationKey(
            name("call_timeout"), .duration(.seconds(1)...(.seconds(120))), default: "20s",
            documentation: "How long one try of a call to AWS may take."),
        ConfigurationKey(
            name("poll_interval"), .duration(.milliseconds(50)...(.seconds(60))), default: "5s",
            documentation: "How often a deployment that is under way is looked at."),
        ConfigurationKey(
            name("deployment_timeout"), .duration(.seconds(1)...(.seconds(3600))), default: "14m",
            documentation: "How long a deployment may take until all its tasks are healthy and the old ones are gone."),
    ]

    private static let imageKeys: [ConfigurationKey] = [
        ConfigurationKey(name("image_push_api"), default: "pushaas/push-api:latest", documentation: "The image of push-api."),
        ConfigurationKey(
            name("image_push_agent"), default: "pushaas/push-agent:latest", documentation: "The image of push-agent."),
        ConfigurationKey(
            name("image_push_stream"), default: "pushaas/push-stream:latest", documentation: "The image of push-stream."),
        ConfigurationKey(
            name("image_push_redis"), default: "pushaas/push-redis:latest", documentation: "The image of push-redis."),
    ]

    private static let redisKeys: [ConfigurationKey] = [
        ConfigurationKey(
            name("redis.mode"), .choice(RedisMode.allCases.map(\.rawValue)), default: "ephemeral",
            documentation:
                "Where an instance's Redis keeps its data: ephemeral in its task (plans that persist cannot be had then), "
                + "efs on a file system, external in a Redis that is there already."),
        ConfigurationKey(
            name("redis.efs_file_system"), default: "", documentation: "The file system of mode efs: fs-0123456789abcdef0."),
        ConfigurationKey(
            name("redis.efs_access_point"), default: "",
            documentation: "Its access point, which all instances share with a folder each: fsap-... Its user is 10001."),
        ConfigurationKey(
            name("redis.url"), isSecret: true,
            documentation: "The Redis URLs of mode external, separated by commas: each serves one instance at a time."),
    ]

    private static let balancerKeys: [ConfigurationKey] =
        ["stream", "api"].flatMap { component in
            let title = "push-\(component)"
            let key = { (word: String) in name("\(component)_load_balancer.\(word)") }
            return [
                ConfigurationKey(
                    key("arn"), default: "",
                    documentation: "The Application or Network Load Balancer in front of \(title); none by default."),
                ConfigurationKey(
                    key("ports"), default: component == "stream" ? "20000-20049" : "21000-21049",
                    documentation: "The ports of its listeners, one for each instance: first-last."),
                ConfigurationKey(
                    key("certificate"), default: "",
                    documentation: "The certificate's ARN, which makes its listeners HTTPS (Application) or TLS (Network)."),
                ConfigurationKey(
                    key("public_host"), default: "", documentation: "A name that leads to it; by default its own name is used."),
                ConfigurationKey(
                    key("health_path"), default: "/readyz", documentation: "What it asks each \(title) for; 200 is healthy."),
            ]
        } + [
            ConfigurationKey(
                name("api_load_balancer.trusted_proxies"), default: "",
                documentation:
                    "The networks of an Application Load Balancer (10.0.0.0/16), so that push-api knows its clients' addresses.")
        ]
}
