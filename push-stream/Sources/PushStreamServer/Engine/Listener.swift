import NIOCore
import NIOPosix
import PushStreamCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a listening address means to the connections of one event loop. That loop alone touches it.
final class LoopListener {
    /// Holds for the requests that begin from now on; one that has begun keeps what it began with.
    var current: ListenerContext
    /// Whether a reload took the address away: its connections end with the request at hand.
    var isClosed = false

    init(_ current: ListenerContext) {
        self.current = current
    }
}

/// An event loop with the place of its hub, which only that loop may look into.
struct LoopPlace: Sendable {
    let loop: any EventLoop
    let box: NIOLoopBoundBox<LoopHub?>
}

/// One listening socket. It stays the same while the configuration has its address, whatever else a reload changes.
final class Listener: Sendable {
    /// As it was bound.
    let address: ListenAddress
    /// What the address means, for each event loop in their order.
    let places: [NIOLoopBoundBox<LoopListener>]
    private let channel: any Channel
    private let file: SocketFile?

    private init(
        _ address: ListenAddress, places: [NIOLoopBoundBox<LoopListener>], channel: any Channel, file: SocketFile?
    ) {
        self.address = address
        self.places = places
        self.channel = channel
        self.file = file
    }

    var localAddress: SocketAddress? { channel.localAddress }

    /// Binds an address. Clients can connect then, and wait for ``accept()``.
    static func bind(
        _ address: ListenAddress, _ context: ListenerContext, group: MultiThreadedEventLoopGroup, loops: [LoopPlace],
        outputLimit: Int
    ) async throws(EngineError) -> Listener {
        let places = loops.map { NIOLoopBoundBox.makeBoxSendingValue(LoopListener(context), eventLoop: $0.loop) }
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Int32(clamping: address.backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // Browsers come back all at once after a restart: connections are accepted in batches.
            .serverChannelOption(.maxMessagesPerRead, value: acceptBatch)
            .serverChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let index = loops.firstIndex(where: { $0.loop === channel.eventLoop }),
                        let hub = loops[index].box.value
                    else { throw ChannelError.ioOnClosedChannel }
                    let listener = places[index].value
                    let tls = listener.current.isTLS ? TLSHandler(hub: hub, listener: listener) : nil
                    try PushStreamEngine.configure(
                        channel, ConnectionHandler(hub: hub, listener: listener, tls: tls), outputLimit: outputLimit)
                }
            }
        do {
            switch address.kind {
            case .ip(let host, let port):
                let channel = try await options(of: bootstrap, address, context).bind(host: host, port: port).get()
                return Listener(address, places: places, channel: channel, file: nil)
            case .unix(let path):
                if SocketFile.isServed(path) { throw EngineError.addressInUse(address.name) }
                let channel = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
                return Listener(address, places: places, channel: channel, file: SocketFile(path))
            }
        } catch let error as EngineError {
            throw error
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw .addressInUse(address.name)
        } catch {
            throw .cannotBind(address.name, reason: "\(error)")
        }
    }

    private static func options(
        of bootstrap: ServerBootstrap, _ address: ListenAddress, _ context: ListenerContext
    ) -> ServerBootstrap {
        var bootstrap = bootstrap
        if address.reusePort { bootstrap = bootstrap.serverChannelOption(.socketOption(SocketLimits.reusePort), value: 1) }
        for (option, value) in inherited(from: context) { bootstrap = bootstrap.serverChannelOption(option, value: value) }
        if case .ip(let host, _) = address.kind, host.contains(":") {
            let option = ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only)
            bootstrap = bootstrap.serverChannelOption(option, value: address.ipv6Only ? 1 : 0)
        }
        return bootstrap
    }

    /// Linux gives a connection the options of the socket that accepts it, which saves two system calls for each.
    private static func inherited(from context: ListenerContext) -> [(ChannelOptions.Types.SocketOption, SocketOptionValue)] {
        let location = context.defaultServer.settings.fallback.settings
        return [
            (.tcpOption(.tcp_nodelay), location.tcpNoDelay ? 1 : 0),
            (.tcpOption(SocketLimits.userTimeout), SocketOptionValue(Int32(clamping: location.sendTimeout))),
        ]
    }

    /// Connections that one turn of an event loop accepts.
    private static let acceptBatch: UInt = 64

    /// Begins to accept.
    func accept() async {
        try? await channel.setOption(.autoRead, value: true).get()
    }

    /// Gives the socket what a reload may change of it: the queue of connections that wait to be accepted, and what those inherit.
    func adopt(_ address: ListenAddress, _ context: ListenerContext) async {
        if case .ip = address.kind {
            for (option, value) in Self.inherited(from: context) { try? await channel.setOption(option, value: value).get() }
        }
        let (channel, backlog) = (channel, Int32(clamping: address.backlog))
        try? await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
                _ = listen($0, backlog)
            }
        }.get()
    }

    /// Stops to listen.
    func close() async {
        try? await channel.close()
        file?.remove()
    }
}

extension ListenAddress {
    /// As messages call it.
    var name: String {
        switch kind {
        case .ip(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

extension SocketAddress {
    /// As `listen` would name it.
    var listenName: String {
        guard let host = ipAddress, let port else { return "unix:\(pathname ?? "")" }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
