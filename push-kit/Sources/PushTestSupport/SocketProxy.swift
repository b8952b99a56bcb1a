import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// Passes connections on to a server's Unix socket, until it is told to cut them: a server that goes away and comes back.
public final class SocketProxy: Sendable {
    public enum Address: Sendable {
        /// A path that nothing is at.
        case unixSocket(String)
        /// A free port of 127.0.0.1.
        case port
    }

    private struct State {
        var listener: (any Channel)?
        var connections: [ObjectIdentifier: any Channel] = [:]
    }

    private let address: Address
    private let target: String
    private let handlers: @Sendable () throws -> [any ChannelHandler]
    private let state = Mutex(State())

    /// - Parameters:
    ///   - target: The path of the server's socket.
    ///   - handlers: What stands before each connection, such as one that ends TLS.
    public init(
        from address: Address, to target: String,
        handlers: @escaping @Sendable () throws -> [any ChannelHandler] = { [] }
    ) async throws {
        self.address = address
        self.target = target
        self.handlers = handlers
        try await self.restore()
    }

    deinit { self.state.withLock { $0.listener }?.close(promise: nil) }

    /// 0 on a Unix socket, and while it is cut.
    public var port: Int { self.state.withLock { $0.listener?.localAddress?.port } ?? 0 }

    /// Ends all connections, and takes no more.
    public func cut() async throws {
        let (listener, connections) = self.state.withLock { state in
            defer { state.listener = nil }
            return (state.listener, Array(state.connections.values))
        }
        try await listener?.close()
        for connection in connections { connection.close(promise: nil) }
        if case .unixSocket(let path) = self.address { try? FileManager.default.removeItem(atPath: path) }
    }

    /// Takes connections, again.
    public func restore() async throws {
        let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [weak self] client in
                self?.connect(client) ?? client.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
            }
        let listener =
            switch self.address {
            case .unixSocket(let path): try await bootstrap.bind(unixDomainSocketPath: path).get()
            case .port: try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
            }
        self.state.withLock { $0.listener = listener }
    }

    private func connect(_ client: any Channel) -> EventLoopFuture<Void> {
        let id = ObjectIdentifier(client)
        self.state.withLock { $0.connections[id] = client }
        client.closeFuture.whenComplete { [weak self] _ in self?.state.withLock { $0.connections[id] = nil } }
        let handlers = self.handlers
        return ClientBootstrap(group: client.eventLoop)
            .channelInitializer { server in
                server.eventLoop.makeCompletedFuture { try server.pipeline.syncOperations.addHandler(Relay(to: client)) }
            }
            .connect(unixDomainSocketPath: self.target)
            .flatMapThrowing { server in
                try client.pipeline.syncOperations.addHandlers(try handlers() + [Relay(to: server)])
            }
    }

    /// Writes what is read to the other side, and ends with it.
    private final class Relay: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let other: any Channel

        init(to other: any Channel) { self.other = other }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.other.writeAndFlush(self.unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { self.other.close(promise: nil) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
