import Logging
import PushRedis
import PushTestSupport
import PushaasProvisioning

@testable import PushaasServer

/// Logs of tests go nowhere.
let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// What a test of the instances in Redis works with.
struct Instances {
    let server: RedisServer
    let redis: RedisClient
    let keys: InstanceKeys
    let repository: InstanceRepository
    let progress: ProgressRepository

    init(server: RedisServer, redis: RedisClient, keys: InstanceKeys = InstanceKeys()) {
        self.server = server
        self.redis = redis
        self.keys = keys
        self.repository = InstanceRepository(redis: redis, keys: keys, logger: quiet)
        self.progress = ProgressRepository(redis: redis, keys: keys)
    }

    func create(_ name: String = "mychat", plan: Plan = .test("small")) async throws -> Instance? {
        try await self.repository.create(
            NewInstance(name: name, plan: plan, team: "t", user: "u@x.org", description: "d", tags: ["a", "b"]))
    }

    func lease(_ instance: Instance, timeToLive: Duration = .seconds(60)) async throws -> InstanceLease? {
        try await .acquire(instance.id, name: instance.name, redis: self.redis, keys: self.keys, timeToLive: timeToLive)
    }

    /// All keys, sorted.
    func allKeys() async throws -> [String] {
        try await self.redis.send(RedisCommand("KEYS", "*")).array?.compactMap(\.string).sorted() ?? []
    }

    /// The jobs in the stream: kind, id, name.
    func jobs() async throws -> [[String]] {
        try await self.redis.xrange(self.keys.jobs, count: 1000).map { $0.fields.map(\.string) }
    }

    /// Sets the status as a worker would.
    func set(_ instance: Instance, _ status: InstanceStatus) async throws {
        try await self.redis.send(RedisCommand("HSET", self.keys.instance(instance.name), "status", status.rawValue))
    }
}

extension Plan {
    /// A plan of one task of each, with this name.
    static func test(_ name: String, streamTasks: Int = 1) -> Plan {
        let size = Size(cpu: 250, memory: 256)
        return Plan(
            name: name, description: "for tests", streamTasks: streamTasks, apiTasks: 1, stream: size, agent: size, api: size,
            redis: size, persistence: .ephemeral,
            limits: .init(subscribers: 100, messagesPerSecond: 10, historyMessages: 20, historySeconds: 300))
    }
}

/// Runs `body` with a client of a server, cancelled afterwards.
func withRedisClient<Result>(
    _ url: String, isolation: isolated (any Actor)? = #isolation, configure: (inout RedisConfiguration) -> Void = { _ in },
    _ body: (RedisClient) async throws -> Result
) async throws -> Result {
    var configuration = try RedisConfiguration(url: url)
    configuration.commandTimeout = .seconds(60)
    configuration.connectTimeout = .seconds(30)
    configuration.maximumBackoff = .milliseconds(200)
    configure(&configuration)
    let client = RedisClient(configuration: configuration, logger: quiet)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        defer { group.cancelAll() }
        return try await body(client)
    }
}

/// Runs `body` with a Redis of its own.
func withInstances<Result>(
    _ options: RedisServer.Options = .init(), keys: InstanceKeys = InstanceKeys(), isolation: isolated (any Actor)? = #isolation,
    _ body: (Instances) async throws -> Result
) async throws -> Result {
    try await withRedisServer(options) { server in
        try await withRedisClient(server.url) { redis in
            try await body(Instances(server: server, redis: redis, keys: keys))
        }
    }
}
