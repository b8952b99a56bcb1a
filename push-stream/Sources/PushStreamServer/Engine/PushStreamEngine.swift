import NIOCore
import NIOPosix
import PushStreamCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The push server: listeners, event loops and the channel store of one configuration.
///
/// Start it once; it ends with ``shutdown(gracePeriod:)``. It owns its threads, so it runs inside another program as well.
public final class PushStreamEngine: Sendable {
    struct Running: Sendable {
        var group: MultiThreadedEventLoopGroup
        var loops: [LoopPlace]
        var context: EngineContext
        var listeners: [Listener] = []
        /// `limit_conn_zone` of the configuration that holds.
        var zones: [ConnectionZone] = []
    }

    private let configuration: EngineConfiguration
    private let log: ErrorLog
    let running = Mutex<Running?>(nil)
    let gate = ReloadGate()
    private struct Ending: Sendable {
        /// Event loops whose clients are being parted with.
        var loops: [LoopPlace] = []
        var isCutShort = false
    }

    private let ending = Mutex(Ending())
    /// Of the configuration that holds, also while the engine ends.
    private let accessLogs = Mutex<AccessLogs?>(nil)

    public init(configuration: EngineConfiguration, log: ErrorLog) {
        self.configuration = configuration
        self.log = log
    }

    /// Binds every `listen` and begins to accept.
    ///
    /// - Returns: the bound addresses in the order of the configuration; a port 0 has become the real one.
    /// - Throws: ``EngineError``; nothing is left running then.
    @discardableResult
    public func start() async throws -> [SocketAddress] {
        let loopCount = max(1, configuration.process.eventLoops)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: loopCount)
        do {
            var running = try await launch(group)
            do throws(EngineError) {
                let change = try await prepare(configuration, for: running)
                install(change, in: &running)
                self.running.withLock { [running] in $0 = running }
                change.accept()
            } catch {
                await Self.stop(running.loops)
                throw error
            }
            running.context.isReady.store(true, ordering: .relaxed)
            return running.listeners.compactMap(\.localAddress)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    /// Starts the event loops, with nothing to listen on.
    private func launch(_ group: MultiThreadedEventLoopGroup) async throws -> Running {
        let loops = group.makeIterator().map { loop in
            LoopPlace(loop: loop, box: NIOLoopBoundBox.makeEmptyBox(valueType: LoopHub.self, eventLoop: loop))
        }
        let mailboxes = loops.map { place in
            ChannelStore.Mailbox { place.loop.execute { place.box.value?.deliver() } }
        }
        let store = ChannelStore(settings: configuration.store, mailboxes: mailboxes, now: ProcessIdentity.now())
        let context = EngineContext(
            store: store, log: log, loops: loops.map { _ in LoopMetrics() })
        let limits = LoopHub.Limits(configuration)
        do {
            for (index, place) in loops.enumerated() {
                let mailbox = mailboxes[index]
                try await place.loop.submit {
                    let hub = try LoopHub(
                        eventLoop: place.loop, index: index, context: context, limits: limits, mailbox: mailbox)
                    hub.start()
                    place.box.value = hub
                }.get()
            }
        } catch {
            await Self.stop(loops)
            throw error
        }
        return Running(group: group, loops: loops, context: context)
    }

    /// Notes what holds from now on.
    func install(_ change: Change, in running: inout Running) {
        running.listeners = change.listeners
        running.zones = change.zones
        change.logs.commit()
        running.context.accessLogs.withLock { $0 = change.logs }
        // What the old files have gathered stands before what comes.
        accessLogs.withLock { logs in
            logs?.flushAll()
            logs = change.logs
        }
    }

    /// Cuts off whoever is left and ends the hubs.
    private static func stop(_ loops: [LoopPlace]) async {
        for place in loops {
            try? await place.loop.submit {
                place.box.value?.stop()
                place.box.value = nil
            }.get()
        }
    }

    /// Reads of one turn of an event loop before other connections get theirs.
    private static let readBatch: UInt = 4

    /// Makes `handler` serve a connection, behind its encryption if there is one.
    ///
    /// - Parameter queueSize: bytes that may wait for a client that does not read; see `EngineConfiguration.subscriberQueueSize`.
    static func configure(_ channel: any Channel, _ handler: ConnectionHandler, queueSize: Int) throws {
        let options = channel.syncOptions
        let mark = ChannelOptions.Types.WriteBufferWaterMark(low: max(1, queueSize / 2), high: queueSize)
        try options?.setOption(.writeBufferWaterMark, value: mark)
        try options?.setOption(.maxMessagesPerRead, value: readBatch)
        // A client that ends its side after its requests still gets the answers.
        try options?.setOption(.allowRemoteHalfClosure, value: true)
        if let tls = handler.tls { try channel.pipeline.syncOperations.addHandler(tls) }
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    // MARK: While it runs

    /// Opens the access logs again (`-s reopen`); the error log is its owner's.
    public func reopenLogs() throws(LogFileError) {
        try accessLogs.withLock { $0 }?.reopen()
    }

    /// Gives the access logs to the user that the process is about to become.
    func handOverLogs(to user: ProcessUser) {
        accessLogs.withLock { $0 }?.handOver(to: user)
    }

    /// Writes what waits in the buffers of the access logs.
    func flushLogs() {
        accessLogs.withLock { $0 }?.flushAll()
    }

    /// Whether subscribers are accepted.
    public var isReady: Bool {
        running.withLock { $0?.context.isReady.load(ordering: .relaxed) ?? false }
    }

    // MARK: Stopping

    /// Ends the grace period of ``shutdown(gracePeriod:)``, also of one that comes to it later.
    func cutShort() {
        let loops = ending.withLock { ending in
            ending.isCutShort = true
            return ending.loops
        }
        Self.finishDrain(loops)
    }

    private static func finishDrain(_ loops: [LoopPlace]) {
        for place in loops { place.loop.execute { place.box.value?.finishDrain() } }
    }

    /// Stops accepting, answers what has begun, and closes subscribers spread over the period, each in its transport's manner.
    /// Whoever is left after it is cut off. Safe to call twice.
    public func shutdown(gracePeriod: Duration) async {
        guard
            let running = running.withLock({ state in
                defer { state = nil }
                return state
            })
        else { return }
        running.context.isReady.store(false, ordering: .relaxed)
        // It finds the engine ending, and gives back what it has opened.
        await gate.untilFree()
        for listener in running.listeners { await listener.close() }
        let (seconds, fraction) = gracePeriod.components
        let milliseconds = Int(clamping: seconds * 1000 + fraction / 1_000_000_000_000_000)
        var drained: [EventLoopFuture<Void>] = []
        for place in running.loops {
            drained.append(
                place.loop.flatSubmit { place.box.value?.drain(over: milliseconds) ?? place.loop.makeSucceededVoidFuture() })
        }
        // Comes to each loop behind what was submitted above.
        let isCutShort = ending.withLock { ending in
            ending.loops = running.loops
            return ending.isCutShort
        }
        if isCutShort { Self.finishDrain(running.loops) }
        for future in drained { try? await future.get() }
        ending.withLock { $0.loops = [] }
        await Self.stop(running.loops)
        flushLogs()
        try? await running.group.shutdownGracefully()
    }

    /// Looks at each event loop's part, from that loop.
    ///
    /// - Returns: nothing of an engine that does not run.
    func onLoops<Value: Sendable>(_ look: @escaping @Sendable (LoopHub) -> Value) async throws -> [Value] {
        var values: [Value] = []
        for place in running.withLock({ $0?.loops ?? [] }) {
            if let value = try await place.loop.submit({ place.box.value.map(look) }).get() { values.append(value) }
        }
        return values
    }
}
