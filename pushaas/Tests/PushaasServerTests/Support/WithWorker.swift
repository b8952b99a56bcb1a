import Logging
import PushRedis
import PushRuntime
import PushTestSupport
import PushaasProvisioning
import PushaasTestProvider
import ServiceLifecycle
import Synchronization

@testable import PushaasServer

/// A value that the tasks of a test share.
final class Shared<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>

    init(_ value: Value) { self.mutex = Mutex(value) }

    @discardableResult
    func withLock<Result: Sendable>(_ body: @Sendable (inout Value) -> Result) -> Result {
        self.mutex.withLock { body(&$0) }
    }
}

extension JobSettings {
    /// Long locks, so that a slow machine loses none, and short pauses.
    static var test: JobSettings {
        var settings = JobSettings()
        settings.lockTimeToLive = .seconds(60)
        settings.heartbeat = .milliseconds(100)
        settings.pollInterval = .milliseconds(30)
        settings.lockedPause = .milliseconds(30)
        settings.minimumBackoff = .milliseconds(5)
        settings.maximumBackoff = .milliseconds(20)
        settings.watchTime = .milliseconds(30)
        settings.maximumFailures = 3
        return settings
    }
}

extension Plan {
    static let small = Plan.test("small")
    static let medium = Plan.test("medium", streamTasks: 3)
}

/// Runs `body` while a worker works in this process; afterwards the worker shuts down in order.
@discardableResult
func withWorker<Result: Sendable>(
    _ instances: Instances, _ provider: any Provider, settings: JobSettings = .test, registry: PrometheusRegistry = .init(),
    checkpoint: JobCheckpoint = .none, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
) async throws -> Result {
    try await withRedisClient(instances.server.url) { reader in
        let worker = JobWorker(
            redis: instances.redis, reader: reader, keys: instances.keys, provider: provider, settings: settings,
            metrics: JobMetrics(registry: registry, provider: provider.name), logger: quiet, checkpoint: checkpoint)
        let group = ServiceGroup(services: [worker], logger: quiet)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do {
                let result = try await body()
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                return result
            } catch {
                tasks.cancelAll()
                throw error
            }
        }
    }
}

extension Instances {
    /// Waits until an instance has a status.
    @discardableResult
    func await(_ name: String, _ status: InstanceStatus) async throws -> Instance {
        var last: Instance?
        try await eventually(within: .seconds(120), "\(name) to be \(status.rawValue)") {
            do {
                last = try await self.repository.instance(name)
            } catch is RedisError {
                // Tests restart it.
                return false
            }
            return last?.status == status
        }
        return last!
    }

    /// Waits until nothing is left of a destroyed instance.
    func awaitEnd(of id: InstanceID) async throws {
        try await eventually(within: .seconds(120), "the end of \(id)") {
            // In this order: between the two questions it may be destroyed, and never the other way round.
            do {
                let isLive = try await self.repository.instances().contains { $0.id == id }
                return try await self.repository.destroyed(id) == nil && !isLive
            } catch is RedisError {
                return false
            }
        }
    }

    /// Waits until no job is in the queue.
    func awaitQuiet() async throws {
        try await eventually(within: .seconds(120), "the end of all jobs") {
            let figures = try await JobQueue.figures(redis: self.redis, keys: self.keys)
            return figures.waiting + figures.running + figures.delayed == 0
        }
    }

    /// What happens by itself when a dead worker's time is over: its lock ends, and its jobs are somebody else's.
    func bury(_ id: InstanceID) async throws {
        try await self.redis.delete(self.keys.lock(id))
        let queue = JobQueue(redis: self.redis, reader: self.redis, keys: self.keys, consumer: "undertaker")
        for entry in try await queue.takeOver(idle: .milliseconds(1), count: 100) {
            if let job = entry.job { try await queue.putOff(entry, job, for: .zero) }
        }
    }

    /// Creates an instance and has it made.
    func createRunning(_ name: String, _ provider: any Provider, plan: Plan = .small) async throws -> Instance {
        try await withWorker(self, provider) {
            _ = try await self.create(name, plan: plan)
            let instance = try await self.await(name, .running)
            try await self.awaitQuiet()
            return instance
        }
    }
}
