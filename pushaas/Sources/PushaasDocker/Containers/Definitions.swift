import FoundationEssentials
import Glibc
import PushaasProvisioning

/// What an instance's containers are: from the specification and the configuration alone, so that each try makes the same ones.
struct Definitions: Sendable {
    let configuration: DockerConfiguration
    let specification: InstanceSpecification

    private var plan: Plan { self.specification.plan }
    private var redisURL: String { "redis://:\(self.specification.secrets.redisPassword)@push-redis:6379" }

    /// Names under which the balancer finds all containers of a component.
    static let streamAlias = "push-stream"
    static let apiAlias = "push-api"

    // MARK: push-redis

    func redisName(_ persistence: Plan.Persistence) -> String {
        "\(self.specification.resourceName)-redis-\(persistence.rawValue)"
    }

    func redis(volume: String) -> ContainerDefinition {
        var definition = ContainerDefinition(
            name: self.redisName(self.plan.persistence), component: .redis, image: self.configuration.images.redis,
            entrypoint: ["redis-server", "\(ContainerDefinition.folder)/redis.conf"])
        definition.files["redis.conf"] = """
            include /etc/push-redis/redis.conf
            bind * -::*
            dir /data
            maxmemory \(self.redisMemory)mb
            requirepass \(self.specification.secrets.redisPassword)

            """
        definition.aliases = ["push-redis"]
        definition.volumes["/data"] = self.plan.persistence == .persistent ? volume : ""
        definition.healthCheck = "\(Self.redisCLI) ping | grep -q PONG"
        definition.size = self.plan.redis
        return definition
    }

    /// MiB for data: a quarter is left for buffers, for what the allocator wastes, and for a rewrite of the append-only file.
    var redisMemory: Int { max(1, self.plan.redis.memory * 3 / 4) }

    /// redis-cli with the password that the container's own file has, so that it stands in no command line.
    static let redisCLI =
        "REDISCLI_AUTH=$(sed -n 's/^requirepass //p' \(ContainerDefinition.folder)/redis.conf) redis-cli"

    // MARK: push-stream and push-agent

    /// One push-stream with its push-agent.
    struct Pair: Sendable {
        var stream: ContainerDefinition
        var agent: ContainerDefinition
    }

    /// The names of push-streams tell what cannot be changed in a running one: with another image the pairs have other names, and the old ones
    /// are surplus. Limits are in a file, which it reads again.
    var pairs: [Pair] {
        let command = ["-c", Self.streamConfiguration, "-g", "include \(ContainerDefinition.folder)/\(Self.limitsFile);"]
        let revision = Self.digest([self.configuration.images.stream] + command)
        return (1...max(1, self.plan.streamTasks)).map { number in
            var stream = ContainerDefinition(
                name: "\(self.specification.resourceName)-stream-\(revision)-\(number)", component: .stream,
                image: self.configuration.images.stream, entrypoint: ["push-stream"], command: command)
            stream.files[Self.limitsFile] = self.streamLimits
            stream.aliases = [Self.streamAlias]
            // Parts with subscribers over its time of grace; SIGTERM would end all of them at once, as with Nginx.
            stream.stopSignal = "SIGQUIT"
            stream.size = self.plan.stream
            var agent = ContainerDefinition(
                name: "\(self.specification.resourceName)-agent-\(revision)-\(number)", component: .agent,
                image: self.configuration.images.agent,
                entrypoint: ["push-agent"])
            agent.environment = [
                "PUSHAGENT_CONFIG": "\(ContainerDefinition.folder)/push-agent.yml",
                "PUSHAGENT_AGENT__NAME": "stream-\(revision)-\(number)",
                "PUSHAGENT_PUSH_STREAM__URL": "http://\(stream.name):9081",
                "PUSHAGENT_WORKERS__SUBSCRIPTION__REPLAY_WINDOW": "\(self.plan.limits.historySeconds)s",
            ]
            agent.files["push-agent.yml"] = self.yaml(["redis": ["url": self.redisURL]])
            agent.size = self.plan.agent
            return Pair(stream: stream, agent: agent)
        }
    }

    private static let streamConfiguration = "/etc/push-stream/nginx.conf"
    private static let limitsFile = "limits.conf"
    /// Makes a running push-stream read its limits again. Its subscribers stay.
    static let streamReload = ["push-stream", "-s", "reload", "-c", streamConfiguration]

    private var streamLimits: String {
        let limits = self.plan.limits
        return """
            push_stream_subscribers_limit \(self.plan.subscribersPerStreamTask);
            push_stream_history_limit \(limits.historyMessages) \(limits.historySeconds)s;

            """
    }

    // MARK: push-api

    func apis(streamURL: String, proxies: String) -> [ContainerDefinition] {
        let environment = [
            "PUSHAPI_ENV": "prod",
            "PUSHAPI_CONFIG": "\(ContainerDefinition.folder)/push-api.yml",
            "PUSHAPI_PUSH_STREAM__URL": streamURL,
            "PUSHAPI_LIMITS__MESSAGES_PER_SECOND": String(self.plan.limits.messagesPerSecond),
            // Longer than what push-stream keeps, so that a new one can be filled.
            "PUSHAPI_REDIS__STREAM__RETENTION": "\(max(3600, self.plan.limits.historySeconds + 60))s",
            "PUSHAPI_SERVER__TRUSTED_PROXIES": proxies,
        ]
        let revision = Self.digest([self.configuration.images.api] + environment.sorted { $0.key < $1.key }.map { "\($0)=\($1)" })
        return (1...max(1, self.plan.apiTasks)).map { number in
            var definition = ContainerDefinition(
                name: "\(self.specification.resourceName)-api-\(revision)-\(number)", component: .api,
                image: self.configuration.images.api, entrypoint: ["push-api"])
            definition.environment = environment
            definition.files["push-api.yml"] = self.yaml([
                "api": [
                    "basic_auth_user": self.specification.secrets.apiUser,
                    "basic_auth_password": self.specification.secrets.apiPassword,
                ],
                "redis": ["url": self.redisURL],
            ])
            definition.aliases = [Self.apiAlias]
            definition.size = self.plan.api
            return definition
        }
    }

    // MARK: The balancer

    var balancerName: String { "\(self.specification.resourceName)-balancer" }

    func balancer(streamPort: Int, apiPort: Int) -> ContainerDefinition {
        let file = "\(ContainerDefinition.folder)/haproxy.cfg"
        var definition = ContainerDefinition(
            name: self.balancerName, component: .balancer, image: self.configuration.images.balancer, entrypoint: ["haproxy"],
            command: ["-W", "-db", "-f", file])
        definition.files["haproxy.cfg"] = HAProxyConfiguration.text(secrets: self.specification.secrets)
        definition.ports = [9080: streamPort, 8080: apiPort]
        definition.stopSignal = "SIGTERM"
        return definition
    }

    // MARK: -

    /// JSON is YAML, and quotes whatever a password may hold.
    private func yaml(_ value: [String: [String: String]]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        // Dictionaries of text always can be encoded.
        return String(decoding: (try? encoder.encode(value)) ?? Data(), as: UTF8.self) + "\n"
    }

    /// Six characters that differ when the texts do (FNV-1a): stable over processes, unlike Swift's own hashes.
    static func digest(_ texts: [String]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in texts.joined(separator: "\0").utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        let text = String(hash, radix: 36)
        return String((String(repeating: "0", count: 6) + text).suffix(6))
    }
}
