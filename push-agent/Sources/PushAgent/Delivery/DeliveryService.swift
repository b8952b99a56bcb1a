import Logging
import Metrics
import NIOCore
import PushRuntime
import ServiceLifecycle
import Synchronization

/// Carries messages from the Redis stream to push-stream until it is shut down.
///
/// On graceful shutdown nothing more is sent; what is in flight is waited for, and the position is stored.
final class DeliveryService: Service {
    let reader: MessageReader
    let store: AgentStore
    let connector: PushStreamConnector
    let coordinator: DeliveryCoordinator
    let settings: SubscriptionSettings
    let metrics: AgentMetrics
    let logger: Logger
    let tracker = Mutex(StoreTracker(known: nil))
    private let eventLoop: any EventLoop
    /// What Redis has confirmed.
    private let storedPosition = Mutex<StreamID?>(nil)

    /// - Parameters:
    ///   - reader: shares its coordinator, settings, metrics and logger with this service.
    ///   - eventLoop: runs all of this service; best that of the reader's and the connector's connections.
    init(reader: MessageReader, connector: PushStreamConnector, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.reader = reader
        self.store = reader.store
        self.connector = connector
        self.coordinator = reader.coordinator
        self.settings = reader.settings
        self.metrics = reader.metrics
        self.logger = reader.logger
    }

    /// Between two positions that are stored. A crash repeats what was delivered within it, and messages that come one by one do not cost
    /// Redis three commands each.
    private static let savePause = Duration.milliseconds(10)
    /// How often the lag is measured.
    private static let lagInterval = Duration.seconds(5)

    func run() async throws {
        await withTaskExecutorPreference(EventLoopTaskExecutor(self.eventLoop)) { await self.deliver() }
    }

    private func deliver() async {
        let loaded = await cancelWhenGracefulShutdown { await self.load() }
        guard let loaded, !Task.isShuttingDownGracefully else { return }
        self.coordinator.load(position: loaded.position)
        self.storedPosition.withLock { $0 = loaded.position }
        self.tracker.withLock { $0 = StoreTracker(known: loaded.store) }
        self.logger.info(
            "delivering messages",
            metadata: [
                "agent": "\(self.store.agent)", "position": "\(loaded.position.map(\.description) ?? "none")",
                "push-stream": "\(self.connector.address)",
            ])
        let shutdown = Signal()
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await self.reader.run(
                        position: loaded.position, readCount: loaded.readCount, windowStart: loaded.windowStart)
                }
                group.addTask { await self.keepConnected() }
                group.addTask { await self.savePositions() }
                group.addTask { await self.measureLag(from: loaded.windowStart) }
                group.addTask {
                    await shutdown.wait()
                    try? await Task.sleep(for: self.settings.drainTimeout)
                    self.coordinator.endDrain()
                }
                await self.coordinator.waitUntilDrained()
                group.cancelAll()
            }
            if !Task.isCancelled { await self.saveLastPosition() }
        } onGracefulShutdown: {
            shutdown.raise()
            self.coordinator.stop()
        }
    }

    // MARK: What Redis keeps

    private struct Loaded: Sendable {
        var position: StreamID?
        var readCount: ReadCount?
        var store: StoreIdentity?
        var windowStart: StreamID
    }

    /// Asks Redis until it answers; `nil` when the task is cancelled.
    private func load() async -> Loaded? {
        await self.untilRedisAnswers {
            Loaded(
                position: try await self.store.position(), readCount: try await self.store.readCount(),
                store: try await self.store.storeIdentity(),
                windowStart: try await self.store.windowStart(self.settings.replayWindow))
        }
    }

    /// - Returns: `nil` when the task is cancelled.
    func untilRedisAnswers<Result>(_ ask: () async throws -> Result) async -> Result? {
        var failures = 0
        while !Task.isCancelled {
            do {
                return try await ask()
            } catch {
                if Task.isCancelled { break }
                failures += 1
                self.logger.warning("Redis does not answer", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: BackOff().delay(attempt: failures))
            }
        }
        return nil
    }

    /// Stores positions one after the other; while one is stored, later ones become one.
    private func savePositions() async {
        var failures = 0
        while let position = await self.coordinator.nextPositionToSave() {
            do {
                try await self.store.save(position: position, place: self.coordinator.place(of: position))
                self.storedPosition.withLock { $0 = position }
                failures = 0
                try? await self.eventLoop.sleep(for: Self.savePause)
            } catch {
                if Task.isCancelled { return }
                failures += 1
                self.logger.warning("cannot store the position", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: BackOff().delay(attempt: failures))
                self.coordinator.positionWasNotSaved()
            }
        }
    }

    private func saveLastPosition() async {
        guard let position = self.coordinator.position, position != self.storedPosition.withLock({ $0 }) else { return }
        do {
            try await self.store.save(position: position, place: self.coordinator.place(of: position))
            self.logger.info("stored the position", metadata: ["position": "\(position)"])
        } catch {
            self.logger.error(
                "cannot store the last position: messages will be delivered twice", metadata: ["error": "\(error)"])
        }
    }

    /// - Parameter begin: where an agent without a position started.
    private func measureLag(from begin: StreamID) async {
        while !Task.isCancelled {
            // Redis that does not answer is logged by those who need it.
            if let now = try? await self.store.windowStart(.zero),
                let oldest = try? await self.store.entries(after: self.coordinator.position ?? begin.predecessor, count: 1)
            {
                let age = oldest.first.map { now.milliseconds - min(now.milliseconds, $0.id.milliseconds) } ?? 0
                self.metrics.lag.record(Double(age) / 1_000)
            }
            try? await Task.sleep(for: Self.lagInterval)
        }
    }
}
