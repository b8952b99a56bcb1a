import Logging
import NIOCore
import PushModels
import PushRedis
import PushRuntime
import PushTestSupport
import ServiceLifecycle
import Synchronization

@testable import PushAPI

/// A push-api that serves HTTP on a free port, and the Redis behind it.
struct RunningAPI: Sendable {
    let http: HTTPClient
    let server: RedisServer
    /// A client of the test's own.
    let redis: RedisClient
    let registry: PrometheusRegistry
    let log: CapturedLog

    /// All entries of the message stream.
    func entries() async throws -> [RedisStreamEntry] {
        try await self.redis.xrange(RedisKeys.messages, count: 1_000_000)
    }

    /// All messages of the stream, oldest first.
    func messages() async throws -> [(id: String, channel: String, content: String)] {
        try await self.entries().compactMap { entry in
            guard let channel = entry["channel"], let content = entry["content"] else { return nil }
            return (entry.id, String(decoding: channel, as: UTF8.self), String(decoding: content, as: UTF8.self))
        }
    }

    /// The ids that the stream's `ensureChannels` entries name, in order.
    func ensured() async throws -> [[String]] {
        try await self.entries().compactMap { entry in
            guard case .ensureChannels(let ids) = StreamEntry(fields: entry.fields.map { ($0.name, $0.string) }) else {
                return nil
            }
            return ids
        }
    }

    func metric(_ line: String) -> String? {
        self.registry.render().split(separator: "\n").first { $0.hasPrefix("\(line) ") }?.split(separator: " ").last.map(
            String.init)
    }
}

/// Runs `body` with a push-api on a Redis of its own.
///
/// - Parameter redisTimeout: how long push-api waits for Redis; as it is configured if `nil`, for the tests of that. Others wait longer than
///   a slow machine takes.
func withAPI<Result: Sendable>(
    redis options: RedisServer.Options = .init(), _ overrides: [String: String] = [:],
    redisTimeout: Duration? = .seconds(60), signIns: SignInThrottle = SignInThrottle(),
    _ body: @escaping @Sendable (RunningAPI) async throws -> Result
) async throws -> Result {
    let server = try await RedisServer.start(options)
    defer { withExtendedLifetime(server) {} }
    return try await withAPI(on: server, overrides, redisTimeout: redisTimeout, signIns: signIns, body)
}

/// Runs `body` with a push-api on a Redis that others may use too. Workers are off unless `overrides` say otherwise.
func withAPI<Result: Sendable>(
    on server: RedisServer, _ overrides: [String: String] = [:], redisTimeout: Duration? = .seconds(60),
    signIns: SignInThrottle = SignInThrottle(), _ body: @escaping @Sendable (RunningAPI) async throws -> Result
) async throws -> Result {
    let defaults = [
        "server.host": "127.0.0.1", "server.port": "0", "redis.url": server.url, "api.basic_auth_password": "secret",
        "workers.enabled": "false",
    ]
    let values = try PushAPIConfiguration.schema.load(environment: [:], overrides: defaults.merging(overrides) { $1 })
    var configuration = try PushAPIConfiguration(values)
    if let redisTimeout {
        configuration.redis.commandTimeout = redisTimeout
        configuration.redis.connectTimeout = redisTimeout
    }
    let log = CapturedLog()
    let logger = Logger(label: "push-api") { _ in log.handler }
    let registry = PrometheusRegistry()
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
    let apiRedis = RedisClient(configuration: configuration.redis, logger: logger)
    var testConfiguration = try RedisConfiguration(url: server.url)
    testConfiguration.maximumBackoff = .milliseconds(200)
    testConfiguration.commandTimeout = .seconds(60)
    let testRedis = RedisClient(configuration: testConfiguration, logger: logger)
    let services = try buildAPI(
        configuration: configuration, redis: apiRedis, registry: registry, drainState: DrainState(), signIns: signIns,
        logger: logger
    ) { address in
        if let port = address.port { continuation.yield(port) }
    }
    let group = ServiceGroup(services: [testRedis, apiRedis] + services, logger: logger)
    return try await withThrowingTaskGroup(of: Result?.self) { tasks in
        tasks.addTask {
            try await group.run()
            return nil
        }
        tasks.addTask {
            let port = try await withDeadline(.seconds(60), "push-api to listen") {
                for await port in ports { return port }
                throw CancellationError()
            }
            let api = RunningAPI(http: HTTPClient(port: port), server: server, redis: testRedis, registry: registry, log: log)
            let result = try await body(api)
            await group.triggerGracefulShutdown()
            return result
        }
        var result: Result?
        while let next = try await tasks.next() {
            if let next { result = next }
        }
        guard let result else { throw CancellationError() }
        return result
    }
}

/// What push-api logged.
final class CapturedLog: Sendable {
    struct Line: Sendable {
        let level: Logger.Level
        let message: String
    }

    private let state = Mutex<[Line]>([])

    var lines: [Line] { self.state.withLock { $0 } }
    var handler: any LogHandler { Handler(log: self) }

    private struct Handler: LogHandler {
        let log: CapturedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = self.metadata.merging(event.metadata ?? [:]) { $1 }
            let text = ([event.message.description] + all.map { "\($0)=\($1)" }).joined(separator: " ")
            self.log.state.withLock { $0.append(Line(level: event.level, message: text)) }
        }
    }
}
