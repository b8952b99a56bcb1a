import Foundation
import Logging
import PushModels
import PushRedis
import PushRuntime
import PushTestSupport
import ServiceLifecycle
import Testing

@testable import PushAgent

/// A real Redis, a fake push-stream and a client, for one test.
struct Harness: Sendable {
    let server: RedisServer
    let redis: RedisClient
    let pushStream: FakePushStream
    var agent = "agent-1"

    var store: AgentStore { AgentStore(redis: self.redis, agent: self.agent) }

    static func run(
        appendOnly: Bool = false, unixPath: String? = nil, _ body: @escaping @Sendable (Harness) async throws -> Void
    ) async throws {
        try await withDeadline(.seconds(300), "the test") {
            let server = try await RedisServer.start(.init(isAppendOnly: appendOnly, configuration: ["appendfsync always"]))
            let pushStream = try await FakePushStream.start(unixPath: unixPath)
            var configuration = try RedisConfiguration(url: server.url)
            // A machine that is slow answers late.
            configuration.commandTimeout = .seconds(60)
            let redis = RedisClient(configuration: configuration, logger: .quiet)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await redis.run() }
                defer { group.cancelAll() }
                try await body(Harness(server: server, redis: redis, pushStream: pushStream))
            }
            try await pushStream.stop()
            try await server.kill()
        }
    }

    func configuration(_ change: (inout AgentConfiguration) -> Void = { _ in }) throws -> AgentConfiguration {
        var redis = try RedisConfiguration(url: self.server.url)
        redis.maximumBackoff = .milliseconds(200)
        var configuration = AgentConfiguration(
            name: self.agent, pushStream: .tcp(host: "127.0.0.1", port: self.pushStream.port), redis: redis)
        configuration.statistics.isEnabled = false
        configuration.subscription.drainTimeout = .seconds(60)
        change(&configuration)
        return configuration
    }

    enum End { case drain, kill }

    /// Runs the agent's services as long as `body`, then drains or cancels them.
    @discardableResult
    func withAgent<Result: Sendable>(
        _ configuration: AgentConfiguration? = nil, end: End = .drain,
        _ body: (RunningAgent) async throws -> Result
    ) async throws -> Result {
        let registry = PrometheusRegistry()
        let agent = buildAgent(configuration: try configuration ?? self.configuration(), metrics: registry, logger: .quiet)
        let group = ServiceGroup(services: agent.services, logger: .quiet)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                do { try await group.run() } catch is CancellationError {}
            }
            do {
                let result = try await body(RunningAgent(agent: agent, registry: registry, group: group))
                if end == .drain { await group.triggerGracefulShutdown() } else { tasks.cancelAll() }
                try await tasks.waitForAll()
                return result
            } catch {
                tasks.cancelAll()
                throw error
            }
        }
    }

    // MARK: Publishing

    /// Adds messages in one pipeline.
    /// - Returns: the entries' ids.
    @discardableResult
    func publish(_ messages: [(channel: String, content: String)]) async throws -> [String] {
        let commands = messages.map { message in
            RedisCommand.xadd(
                RedisKeys.messages,
                fields: StreamEntry.message(channel: message.channel, content: message.content).fields.map {
                    .init(name: $0.name, value: Array($0.value.utf8))
                })
        }
        return try await self.redis.send(pipeline: commands).map { try #require($0.string) }
    }

    @discardableResult
    func publish(_ channel: String, _ contents: String...) async throws -> [String] {
        try await self.publish(contents.map { (channel, $0) })
    }

    /// Adds a message under an id of choice.
    func publish(_ channel: String, _ content: String, id: StreamID) async throws {
        try await self.redis.send(
            RedisCommand("XADD", RedisKeys.messages, id.description, "channel", channel, "content", content))
    }

    /// `count` messages that are spread over channels.
    static func messages(_ count: Int, channels: Int, prefix: String = "m") -> [(channel: String, content: String)] {
        (0..<count).map { ("ch-\($0 % channels)", "\(prefix)\($0)") }
    }

    // MARK: Observing

    func waitForMessages(_ count: Int) async throws {
        try await eventually(within: .seconds(120), "\(count) messages") { self.pushStream.messages.count >= count }
    }

    func waitForPosition(_ id: String) async throws {
        try await eventually(within: .seconds(120), "the position") { try await self.store.position()?.description == id }
    }

    /// Each channel has each of its messages, and neither their first nor their last occurrences are out of order.
    ///
    /// - Parameter wereRefused: push-stream answered some of them with an error. Those behind them in the pipeline may have been
    ///   taken then, and are repeated: only the last occurrences are in order.
    func expectOrder(
        _ published: [(channel: String, content: String)], wereRefused: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let got = Dictionary(grouping: self.pushStream.messages, by: \.channel)
        for (channel, expected) in Dictionary(grouping: published, by: \.channel) {
            let bodies = got[channel, default: []].map(\.body)
            if !wereRefused {
                #expect(Self.distinct(bodies) == expected.map(\.content), sourceLocation: sourceLocation)
            }
            #expect(Self.distinct(bodies.reversed()).reversed() == expected.map(\.content), sourceLocation: sourceLocation)
        }
    }

    private static func distinct(_ values: [String]) -> [String] {
        var seen: Set<String> = []
        return values.filter { seen.insert($0).inserted }
    }
}

struct RunningAgent {
    let agent: Agent
    let registry: PrometheusRegistry
    let group: ServiceGroup

    /// Begins the drain.
    func stop() async { await self.group.triggerGracefulShutdown() }

    /// The value of a metric without labels.
    func metric(_ name: String) -> Double? {
        self.registry.render().split(separator: "\n").first { $0.hasPrefix("\(name) ") }
            .flatMap { Double($0.dropFirst(name.count + 1)) }
    }
}

extension Logger {
    static var quiet: Logger {
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        return logger
    }
}
