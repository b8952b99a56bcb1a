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
    private let acceptor: Acceptor
    private let file: SocketFile?

    private init(
        _ address: ListenAddress, places: [NIOLoopBoundBox<LoopListener>], channel: any Channel, acceptor: Acceptor,
        file: SocketFile?
    ) {
        self.address = address
        self.places = places
        self.channel = channel
        self.acceptor = acceptor
        self.file = file
    }

    var localAddress: SocketAddress? { channel.localAddress }

    /// Binds an address. Clients can connect then, and wait for ``accept()``.
    static func bind(
        _ address: ListenAddress, _ context: ListenerContext, group: MultiThreadedEventLoopGroup, loops: [LoopPlace],
        log: ErrorLog
    ) async throws(EngineError) -> Listener {
        let places = loops.map { NIOLoopBoundBox.makeBoxSendingValue(LoopListener(context), eventLoop: $0.loop) }
        // NIO makes the socket and keeps it. It never accepts.
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Int32(clamping: address.backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.autoRead, value: false)
        let channel: any Channel
        var file: SocketFile?
        do {
            switch address.kind {
            case .ip(let host, let port):
                channel = try await options(of: bootstrap, address, context).bind(host: host, port: port).get()
            case .unix(let path):
                if SocketFile.isServed(path) { throw EngineError.addressInUse(address.name) }
                channel = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
                file = SocketFile(path)
            }
        } catch let error as EngineError {
            throw error
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw .addressInUse(address.name)
        } catch {
            throw .cannotBind(address.name, reason: "\(error)")
        }
        do {
            let acceptor = try await withSocket(of: channel) { try Acceptor($0, loops: loops, listeners: places, log: log) }
            guard let acceptor else { throw EngineError.cannotBind(address.name, reason: "it was closed") }
            return Listener(address, places: places, channel: channel, acceptor: acceptor, file: file)
        } catch {
            try? await channel.close()
            file?.remove()
            throw error as? EngineError ?? .cannotBind(address.name, reason: "\(error)")
        }
    }

    /// - Returns: nil if the channel has no socket any more.
    private static func withSocket<Value: Sendable>(
        of channel: any Channel, _ body: @escaping @Sendable (Int32) throws -> Value
    ) async throws -> Value? {
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { try body($0) }
        }.get()
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
        var options: [(ChannelOptions.Types.SocketOption, SocketOptionValue)] = [
            (.tcpOption(.tcp_nodelay), location.tcpNoDelay ? 1 : 0),
            (.tcpOption(SocketLimits.userTimeout), SocketOptionValue(Int32(clamping: location.sendTimeout))),
        ]
        #if os(Linux)
            options.append((.tcpOption(SocketLimits.unsentLimit), SocketOptionValue(SocketLimits.unsentBytes)))
        #endif
        return options
    }

    /// Begins to accept.
    func accept() { acceptor.start() }

    /// Gives the socket what a reload may change of it: the queue of connections that wait to be accepted, and what those inherit.
    func adopt(_ address: ListenAddress, _ context: ListenerContext) async {
        if case .ip = address.kind {
            for (option, value) in Self.inherited(from: context) { try? await channel.setOption(option, value: value).get() }
        }
        let backlog = Int32(clamping: address.backlog)
        _ = try? await Self.withSocket(of: channel) { _ = listen($0, backlog) }
    }

    /// Stops to listen.
    func close() async {
        acceptor.stop()
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
