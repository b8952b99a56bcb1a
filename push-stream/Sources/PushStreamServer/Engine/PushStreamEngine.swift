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
    /// Bytes that may wait for a subscriber that does not read, by default.
    public static let defaultOutputLimit = 1 << 20

    private struct Running {
        var group: MultiThreadedEventLoopGroup
        var listeners: [any Channel]
        var contexts: [ListenerContext]
        var hubs: [(loop: any EventLoop, box: NIOLoopBoundBox<LoopHub?>)]
        var context: EngineContext
    }

    private let configuration: EngineConfiguration
    private let log: ErrorLog
    private let outputLimit: Int
    private let running = Mutex<Running?>(nil)

    /// - Parameter outputLimit: bytes that may wait for a subscriber that does not read before it is disconnected.
    public init(configuration: EngineConfiguration, log: ErrorLog, outputLimit: Int = PushStreamEngine.defaultOutputLimit) {
        self.configuration = configuration
        self.log = log
        self.outputLimit = outputLimit
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
            let running = try await launch(group)
            self.running.withLock { $0 = running }
            running.context.isReady.store(true, ordering: .relaxed)
            return running.listeners.compactMap(\.localAddress)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private func launch(_ group: MultiThreadedEventLoopGroup) async throws -> Running {
        let loops = Array(group.makeIterator())
        let boxes = loops.map { NIOLoopBoundBox<LoopHub?>.makeEmptyBox(valueType: LoopHub.self, eventLoop: $0) }
        let mailboxes = zip(loops, boxes).map { loop, box in
            ChannelStore.Mailbox { loop.execute { box.value?.deliver() } }
        }
        let store = ChannelStore(settings: configuration.store, mailboxes: mailboxes, now: ProcessIdentity.now())
        let context = EngineContext(
            configuration: configuration, store: store, log: log, loops: loops.map { _ in LoopMetrics() },
            outputLimit: outputLimit)
        let hubs = Array(zip(loops, boxes)).map { (loop: $0, box: $1) }
        var running = Running(group: group, listeners: [], contexts: [], hubs: hubs, context: context)
        do {
            for index in loops.indices {
                let (loop, box, mailbox) = (loops[index], boxes[index], mailboxes[index])
                try await loop.submit {
                    let hub = try LoopHub(eventLoop: loop, index: index, context: context, mailbox: mailbox)
                    hub.start()
                    box.value = hub
                }.get()
            }
            for (listen, listener) in try listenerContexts() {
                running.contexts.append(listener)
                running.listeners.append(try await bind(listen, listener, running))
            }
            if running.listeners.isEmpty { throw EngineError.noListener }
        } catch {
            for channel in running.listeners { try? await channel.close() }
            for (loop, box) in hubs { try? await loop.submit { box.value?.stop() }.get() }
            throw error
        }
        return running
    }

    /// Groups the servers by address; the one that says `default_server`, or else the first, gets what no name matches.
    private func listenerContexts() throws(EngineError) -> [(ListenAddress, ListenerContext)] {
        var order: [ListenAddress.Kind] = []
        var groups: [ListenAddress.Kind: (listen: ListenAddress, servers: [ServerSettings], defaultIndex: Int, isTLS: Bool)] = [:]
        for server in configuration.servers {
            for listen in server.listens {
                var group = groups[listen.kind] ?? (listen, [], 0, false)
                if group.servers.isEmpty { order.append(listen.kind) }
                if listen.isDefault {
                    group.defaultIndex = group.servers.count
                    group.listen = listen
                }
                group.isTLS = group.isTLS || listen.isTLS
                group.servers.append(server)
                groups[listen.kind] = group
            }
        }
        var result: [(ListenAddress, ListenerContext)] = []
        for kind in order {
            guard let group = groups[kind] else { continue }
            let context = try ListenerContext(servers: group.servers, defaultIndex: group.defaultIndex, isTLS: group.isTLS)
            result.append((group.listen, context))
        }
        return result
    }

    private func bind(_ listen: ListenAddress, _ listener: ListenerContext, _ running: Running) async throws -> any Channel {
        let hubs = running.hubs
        let limit = outputLimit
        let location = listener.defaultServer.settings.fallback.settings
        var bootstrap = ServerBootstrap(group: running.group)
            .serverChannelOption(.backlog, value: Int32(clamping: listen.backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // Browsers come back all at once after a restart: connections are accepted in batches.
            .serverChannelOption(.maxMessagesPerRead, value: Self.acceptBatch)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let hub = hubs.first(where: { $0.loop === channel.eventLoop })?.box.value else {
                        throw ChannelError.ioOnClosedChannel
                    }
                    let tls = listener.isTLS ? TLSHandler(hub: hub, listener: listener) : nil
                    try Self.configure(channel, ConnectionHandler(hub: hub, listener: listener, tls: tls), outputLimit: limit)
                }
            }
        if listen.reusePort { bootstrap = bootstrap.serverChannelOption(.socketOption(SocketLimits.reusePort), value: 1) }
        do {
            switch listen.kind {
            case .ip(let host, let port):
                // Linux gives a connection the options of the socket that accepts it, which saves two system calls for each.
                if location.tcpNoDelay {
                    bootstrap = bootstrap.serverChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                }
                bootstrap = bootstrap.serverChannelOption(
                    .tcpOption(SocketLimits.userTimeout), value: .init(Int32(clamping: location.sendTimeout)))
                if host.contains(":") {
                    let option = ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only)
                    bootstrap = bootstrap.serverChannelOption(option, value: listen.ipv6Only ? 1 : 0)
                }
                return try await bootstrap.bind(host: host, port: port).get()
            case .unix(let path):
                return try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            }
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw EngineError.addressInUse(Self.name(listen))
        } catch {
            throw EngineError.cannotBind(Self.name(listen), reason: "\(error)")
        }
    }

    /// Connections that one turn of an event loop accepts.
    private static let acceptBatch: UInt = 64
    /// Reads of one turn of an event loop before other connections get theirs.
    private static let readBatch: UInt = 4

    /// Makes `handler` serve a connection, behind its encryption if there is one.
    static func configure(_ channel: any Channel, _ handler: ConnectionHandler, outputLimit: Int) throws {
        let options = channel.syncOptions
        let mark = ChannelOptions.Types.WriteBufferWaterMark(low: outputLimit / 2, high: outputLimit)
        try options?.setOption(.writeBufferWaterMark, value: mark)
        try options?.setOption(.maxMessagesPerRead, value: readBatch)
        if let tls = handler.tls { try channel.pipeline.syncOperations.addHandler(tls) }
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    private static func name(_ listen: ListenAddress) -> String {
        switch listen.kind {
        case .ip(let host, let port): "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    // MARK: While it runs

    /// Opens the access logs again (`-s reopen`); the error log is its owner's.
    public func reopenLogs() throws(LogFileError) {
        for context in running.withLock({ $0?.contexts ?? [] }) { try context.reopenLogs() }
    }

    /// Gives the access logs to the user that the process is about to become.
    func handOverLogs(to user: ProcessUser) {
        for context in running.withLock({ $0?.contexts ?? [] }) { context.handOverLogs(to: user) }
    }

    /// Whether subscribers are accepted.
    public var isReady: Bool {
        running.withLock { $0?.context.isReady.load(ordering: .relaxed) ?? false }
    }

    // MARK: Stopping

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
        for listener in running.listeners { try? await listener.close() }
        let (seconds, fraction) = gracePeriod.components
        let milliseconds = Int(clamping: seconds * 1000 + fraction / 1_000_000_000_000_000)
        var drained: [EventLoopFuture<Void>] = []
        for (loop, box) in running.hubs {
            drained.append(loop.flatSubmit { box.value?.drain(over: milliseconds) ?? loop.makeSucceededVoidFuture() })
        }
        for future in drained { try? await future.get() }
        for (loop, box) in running.hubs {
            try? await loop.submit {
                box.value?.stop()
                box.value = nil
            }.get()
        }
        try? await running.group.shutdownGracefully()
    }

    /// Looks at each event loop's part, from that loop.
    ///
    /// - Returns: nothing of an engine that does not run.
    func onLoops<Value: Sendable>(_ look: @escaping @Sendable (LoopHub) -> Value) async throws -> [Value] {
        var values: [Value] = []
        for hub in running.withLock({ $0?.hubs ?? [] }) {
            let box = hub.box
            if let value = try await hub.loop.submit({ box.value.map(look) }).get() { values.append(value) }
        }
        return values
    }
}
