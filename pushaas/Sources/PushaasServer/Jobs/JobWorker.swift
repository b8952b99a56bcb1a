import Logging
import PushRedis
import PushaasProvisioning
import ServiceLifecycle
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Works on the jobs of all instances, several at a time, together with the workers of other pushaas processes.
///
/// A worker takes a job, then the lock of its instance, and looks what the instance's record wants. While it works, a heartbeat renews lock and
/// claim; the job of a worker that is not heard of is taken over. On shutdown it begins nothing more; a step that is under way may end
/// within the drain time, else it is left, and another worker goes on from it at once.
public struct JobWorker: Service {
    private let queue: JobQueue
    private let redis: RedisClient
    private let keys: InstanceKeys
    private let repository: InstanceRepository
    private let provider: any Provider
    private let settings: JobSettings
    private let metrics: JobMetrics
    private let name: String
    private let logger: Logger
    private let checkpoint: JobCheckpoint

    /// - Parameters:
    ///   - redis: run by the caller, started before and stopped after this service, as `reader` is.
    ///   - reader: a client that nobody else uses: waiting for jobs blocks its connection.
    public init(
        redis: RedisClient, reader: RedisClient, keys: InstanceKeys, provider: any Provider,
        settings: JobSettings = JobSettings(),
        metrics: JobMetrics, logger: Logger
    ) {
        self.init(
            redis: redis, reader: reader, keys: keys, provider: provider, settings: settings, metrics: metrics, logger: logger,
            checkpoint: .none)
    }

    package init(
        redis: RedisClient, reader: RedisClient, keys: InstanceKeys, provider: any Provider, settings: JobSettings,
        metrics: JobMetrics, logger: Logger, checkpoint: JobCheckpoint
    ) {
        self.name = Self.makeName()
        self.queue = JobQueue(redis: redis, reader: reader, keys: keys, consumer: self.name)
        self.redis = redis
        self.keys = keys
        self.repository = InstanceRepository(redis: redis, keys: keys, logger: logger)
        self.provider = provider
        self.settings = settings
        self.metrics = metrics
        self.logger = logger
        self.checkpoint = checkpoint
    }

    public func run() async throws {
        let drain = DrainSignal()
        let (wake, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let running = RunningJobs()
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                var wakes = wake.makeAsyncIterator()
                var lastTakeOver: ContinuousClock.Instant?
                while !drain.isRequested && !Task.isCancelled {
                    let free = max(1, self.settings.concurrency) - running.count
                    guard free > 0 else {
                        await wakes.next()
                        continue
                    }
                    for entry in await self.fetch(free, &lastTakeOver) {
                        running.add()
                        group.addTask {
                            await self.perform(entry, drain: drain, running: running)
                            running.remove()
                            waker.yield()
                        }
                    }
                }
            }
        } onGracefulShutdown: {
            drain.request()
            waker.yield()
            running.drain(after: self.settings.drainTimeout)
        }
        running.close()
    }

    // MARK: Taking jobs

    private func fetch(_ free: Int, _ lastTakeOver: inout ContinuousClock.Instant?) async -> [JobQueue.Entry] {
        do {
            if lastTakeOver.map({ $0.duration(to: .now) >= self.settings.lockTimeToLive / 2 }) ?? true {
                let entries = try await self.queue.takeOver(idle: self.settings.lockTimeToLive, count: free)
                if entries.isEmpty { lastTakeOver = .now }
                self.metrics.tookOver(entries.count)
                if !entries.isEmpty {
                    self.logger.info("jobs are taken over", metadata: ["jobs": "\(entries.count)"])
                    return entries
                }
            }
            let due = try await self.queue.promote() ?? self.settings.pollInterval
            let pause = max(.milliseconds(10), min(due, self.settings.pollInterval))
            return try await self.queue.read(count: free, block: pause)
        } catch {
            self.logger.warning("cannot look for jobs", metadata: ["error": "\(error)"])
            try? await Task.sleep(for: min(self.settings.pollInterval, .seconds(1)))
            return []
        }
    }

    // MARK: One job

    private func perform(_ entry: JobQueue.Entry, drain: DrainSignal, running: RunningJobs) async {
        guard let job = entry.job else {
            self.logger.warning("job is not readable and is dropped", metadata: ["entry": "\(entry.id)"])
            await self.settle("drop") { try await self.queue.finish(entry) }
            return
        }
        var logger = self.logger
        logger[metadataKey: "instance"] = "\(job.name)"
        logger[metadataKey: "id"] = "\(job.id)"
        self.metrics.began()
        defer { self.metrics.stopped() }
        var held: InstanceLease?
        do {
            held = try await InstanceLease.acquire(
                job.id, name: job.name, redis: self.redis, keys: self.keys, timeToLive: self.settings.lockTimeToLive)
            guard let lease = held else {
                try await self.queue.putOff(entry, job, for: self.settings.lockedPause)
                return
            }
            let control = JobControl(drain: drain)
            let runner = JobRunner(
                lease: lease, repository: self.repository, progress: ProgressRepository(redis: self.redis, keys: self.keys),
                provider: self.provider, settings: self.settings, control: control, metrics: self.metrics, worker: self.name,
                logger: logger, checkpoint: self.checkpoint)
            running.begin(control)
            defer { running.end(control) }
            let outcome = try await self.withHeartbeat(of: lease, entry, control) { try await runner.run() }
            // The lock first: whoever gets the job next must not find it taken.
            if outcome != .lost { try await lease.release() }
            logger.debug("turn at a job has ended", metadata: ["outcome": "\(outcome)"])
            switch outcome {
            case .finished: try await self.queue.finish(entry)
            case .again(let pause): try await self.queue.putOff(entry, job, for: pause)
            // The entry is somebody else's, or becomes it when its time is over.
            case .lost, .moved:
                self.metrics.ended(job.kind, .lost)
                logger.warning("the lock of an instance was lost, and its job is left to another worker")
            }
        } catch {
            logger.warning("job was interrupted", metadata: ["error": "\(error)"])
            // Nothing of the job runs any more, so the next worker need not wait until the lock has run out.
            if let held { await self.settle("release") { try await held.release() } }
            // A record that cannot be read is not mended by asking at once. Without Redis the job is taken over later, by whoever comes first.
            let pause = error is UnreadableRecord ? self.settings.maximumBackoff : self.settings.lockedPause
            await self.settle("put off") { try await self.queue.putOff(entry, job, for: pause) }
        }
    }

    private func settle(_ what: String, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            self.logger.warning("cannot settle a job", metadata: ["what": "\(what)", "error": "\(error)"])
        }
    }

    /// Runs `body` while lock and claim are renewed. When they cannot be, what runs is stopped before somebody else can have the lock.
    private func withHeartbeat(
        of lease: InstanceLease, _ entry: JobQueue.Entry, _ control: JobControl,
        _ body: @escaping @Sendable () async throws -> JobOutcome
    ) async throws -> JobOutcome {
        try await withThrowingTaskGroup(of: JobOutcome?.self) { group in
            group.addTask {
                await self.beat(lease, entry, control)
                return nil
            }
            group.addTask { try await body() }
            defer { group.cancelAll() }
            while let outcome = try await group.next() {
                if let outcome { return outcome }
            }
            return .lost
        }
    }

    private func beat(_ lease: InstanceLease, _ entry: JobQueue.Entry, _ control: JobControl) async {
        // When the lock was last renewed for certain: before the question, not after the answer.
        var renewed = ContinuousClock.now
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: self.settings.heartbeat)
            } catch {
                return
            }
            let asked = ContinuousClock.now
            do {
                let whereabouts = try await lease.renew(
                    entry: entry.id, group: JobQueue.group, consumer: self.name, timeout: self.settings.heartbeat)
                guard let whereabouts else { return control.interrupt(.lost) }
                renewed = asked
                control.observe(whereabouts)
            } catch {
                if Task.isCancelled { return }
                // The next try would end no sooner than this.
                let next = renewed.duration(to: .now) + self.settings.heartbeat * 2
                if next >= self.settings.lockTimeToLive { return control.interrupt(.lost) }
            }
        }
    }

    /// Differs from that of every other process that there ever was.
    private static func makeName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        gethostname(&buffer, buffer.count - 1)
        let host = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return "\(host)-\(getpid())-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
    }
}

/// The jobs that a process works on.
private final class RunningJobs: Sendable {
    private struct State {
        var count = 0
        var controls: [ObjectIdentifier: JobControl] = [:]
        var deadline: Task<Void, Never>?
        var isOver = false
    }

    private let state = Mutex(State())

    var count: Int { self.state.withLock(\.count) }

    func add() { self.state.withLock { $0.count += 1 } }
    func remove() { self.state.withLock { $0.count -= 1 } }

    func begin(_ control: JobControl) {
        let isOver = self.state.withLock { state in
            state.controls[ObjectIdentifier(control)] = control
            return state.isOver
        }
        if isOver { control.interrupt(.drained) }
    }

    func end(_ control: JobControl) { self.state.withLock { $0.controls[ObjectIdentifier(control)] = nil } }

    /// Interrupts what still runs after a while.
    func drain(after timeout: Duration) {
        let task = Task {
            do { try await Task.sleep(for: timeout) } catch { return }
            let controls = self.state.withLock { state in
                state.isOver = true
                return Array(state.controls.values)
            }
            for control in controls { control.interrupt(.drained) }
        }
        self.state.withLock { $0.deadline = task }
    }

    func close() { self.state.withLock { $0.deadline }?.cancel() }
}
