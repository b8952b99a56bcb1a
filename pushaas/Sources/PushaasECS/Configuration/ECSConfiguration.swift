import PushRuntime

/// Where and how instances run on Amazon ECS.
public struct ECSConfiguration: Sendable, Hashable {
    /// Where push-redis keeps its data.
    public enum RedisMode: String, Sendable, Hashable, CaseIterable {
        /// In its task, and nowhere else.
        case ephemeral
        /// On a file system of EFS, whatever the plan asks for.
        case efs
        /// In a Redis that somebody else runs.
        case external
    }

    /// A load balancer, which gets a listener and a target group for each instance.
    public struct LoadBalancer: Sendable, Hashable {
        public enum Kind: String, Sendable, Hashable {
            case application = "app"
            case network = "net"
        }

        public var arn: String
        public var kind: Kind
        /// The listeners' ports.
        public var ports: ClosedRange<Int>
        /// The ARN of a certificate; `nil` means neither HTTPS nor TLS.
        public var certificate: String?
        /// In URLs in place of the balancer's own name.
        public var publicHost: String?
        /// Asked for with GET; 200 is healthy.
        public var healthPath: String
        /// Networks that push-api takes `X-Forwarded-For` from; empty for none.
        public var trustedProxies: String
    }

    public var region: String
    /// A name or an ARN.
    public var cluster: String
    public var subnets: [String]
    public var securityGroups: [String]
    public var assignsPublicIP: Bool
    public var namespace: String
    public var logGroup: String
    public var logStreamPrefix: String
    /// A name or an ARN.
    public var executionRole: String
    /// A name or an ARN; `nil` for none.
    public var taskRole: String?
    /// `X86_64` or `ARM64`.
    public var cpuArchitecture: String
    /// One URL for all services; `nil` for AWS itself.
    public var endpoint: String?
    public var callTimeout: Duration
    public var pollInterval: Duration
    public var deploymentTimeout: Duration
    public var apiImage: String
    public var agentImage: String
    public var streamImage: String
    public var redisImage: String
    public var redisMode: RedisMode
    public var fileSystem: String?
    public var accessPoint: String?
    /// Of mode ``RedisMode/external``; they may hold passwords.
    public var redisURLs: [String]
    public var streamLoadBalancer: LoadBalancer?
    public var apiLoadBalancer: LoadBalancer?

    /// Reads and checks what ``keys`` declare.
    ///
    /// - Throws: All that is missing or makes no sense, at once.
    public init(_ values: ConfigurationValues) throws(ConfigurationError) {
        var reader = Reader(values: values)
        self.region = try reader.required("region", "the region, such as eu-west-1")
        self.cluster = try reader.required("cluster", "the cluster's name")
        self.subnets = try reader.list("subnet")
        self.securityGroups = try reader.list("security_group")
        self.assignsPublicIP = try values.bool(Self.name("assign_public_ip"))
        self.namespace = try reader.required("dns_namespace", "the Cloud Map namespace's name")
        self.logGroup = try reader.required("logs_group", "the log group's name")
        self.logStreamPrefix = try reader.required("logs_stream_prefix", "a word")
        self.executionRole = try reader.required("execution_role", "the role's name or ARN")
        self.taskRole = try reader.optional("task_role")
        self.cpuArchitecture = try values.string(Self.name("cpu_architecture"))
        self.endpoint = try reader.optional("endpoint")
        self.callTimeout = try values.duration(Self.name("call_timeout"))
        self.pollInterval = try values.duration(Self.name("poll_interval"))
        self.deploymentTimeout = try values.duration(Self.name("deployment_timeout"))
        self.apiImage = try reader.required("image_push_api", "an image")
        self.agentImage = try reader.required("image_push_agent", "an image")
        self.streamImage = try reader.required("image_push_stream", "an image")
        self.redisImage = try reader.required("image_push_redis", "an image")
        self.redisMode = RedisMode(rawValue: try values.string(Self.name("redis.mode"))) ?? .ephemeral
        self.fileSystem = try reader.optional("redis.efs_file_system")
        self.accessPoint = try reader.optional("redis.efs_access_point")
        self.redisURLs = try reader.words("redis.url")
        self.streamLoadBalancer = try reader.loadBalancer("stream_load_balancer")
        self.apiLoadBalancer = try reader.loadBalancer("api_load_balancer")

        if self.securityGroups.count > 5 { reader.problem("security_group", "ECS takes 5 security groups at most") }
        if self.subnets.count > 16 { reader.problem("subnet", "ECS takes 16 subnets at most") }
        if self.redisMode == .efs, self.fileSystem == nil {
            reader.problem("redis.efs_file_system", "mode efs needs a file system")
        }
        if self.redisMode == .external {
            if self.redisURLs.isEmpty { reader.problem("redis.url", "mode external needs a URL at least") }
            if Set(self.redisURLs.map(SecretStore.server)).count != self.redisURLs.count {
                reader.problem("redis.url", "a server stands there twice")
            }
            if !self.redisURLs.allSatisfy({ $0.hasPrefix("redis://") || $0.hasPrefix("rediss://") }) {
                reader.problem("redis.url", "a URL begins with redis:// or rediss://")
            }
        }
        guard reader.problems.isEmpty else { throw ConfigurationError(reader.problems) }
    }
}

/// Reads values and collects what is wrong with them.
private struct Reader {
    let values: ConfigurationValues
    var problems: [ConfigurationError.Problem] = []

    mutating func problem(_ key: String, _ message: String) {
        self.problems.append(
            .init(key: ECSConfiguration.name(key), source: "provisioner.provider is ecs", message: message))
    }

    mutating func required(_ key: String, _ what: String) throws(ConfigurationError) -> String {
        guard let text = try self.optional(key) else {
            self.problem(key, "has to be set: \(what)")
            return ""
        }
        return text
    }

    func optional(_ key: String) throws(ConfigurationError) -> String? {
        let text = try self.values.optionalString(ECSConfiguration.name(key)) ?? ""
        return text.isEmpty ? nil : text
    }

    func words(_ key: String) throws(ConfigurationError) -> [String] {
        (try self.optional(key) ?? "").split(separator: ",").map { $0.trimmingPrefix(while: \.isWhitespace) }
            .map { String($0.prefix { !$0.isWhitespace }) }.filter { !$0.isEmpty }
    }

    mutating func list(_ key: String) throws(ConfigurationError) -> [String] {
        let words = try self.words(key)
        if words.isEmpty { self.problem(key, "has to be set: one or several, separated by commas") }
        return words
    }

    mutating func loadBalancer(_ key: String) throws(ConfigurationError) -> ECSConfiguration.LoadBalancer? {
        guard let arn = try self.optional("\(key).arn") else { return nil }
        // arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/name/0123456789abcdef
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false).last?.split(separator: "/") ?? []
        var kind = ECSConfiguration.LoadBalancer.Kind.network
        if parts.count == 4, parts[0] == "loadbalancer",
            let known = ECSConfiguration.LoadBalancer.Kind(rawValue: String(parts[1]))
        {
            kind = known
        } else {
            self.problem("\(key).arn", "is no ARN of an Application or a Network Load Balancer")
        }
        let bounds = (try self.optional("\(key).ports") ?? "").split(separator: "-").map { Int($0) ?? 0 }
        var ports = 1...1
        if let first = bounds.first, let last = bounds.last, bounds.count <= 2, first >= 1, first <= last, last <= 65_535 {
            ports = first...last
        } else {
            self.problem("\(key).ports", "expected first-last, from 1 to 65535")
        }
        let path = try self.optional("\(key).health_path") ?? "/readyz"
        if !path.hasPrefix("/") { self.problem("\(key).health_path", "does not begin with a slash") }
        let hasProxies = key == "api_load_balancer"
        return ECSConfiguration.LoadBalancer(
            arn: arn, kind: kind, ports: ports, certificate: try self.optional("\(key).certificate"),
            publicHost: try self.optional("\(key).public_host"), healthPath: path,
            trustedProxies: hasProxies ? try self.optional("\(key).trusted_proxies") ?? "" : "")
    }
}
