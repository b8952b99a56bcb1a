import NIOCore
import NIOPosix
import Synchronization

/// A server on a free port of 127.0.0.1 that does what a test wants with the bytes it gets.
final class FakeServer: Sendable {
    /// Called on an event loop with the bytes that came, and none when a connection starts.
    typealias Reaction = @Sendable (_ bytes: String, _ connection: any Channel) -> Void

    private final class Handler: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let react: Reaction
        init(_ react: @escaping Reaction) { self.react = react }
        func channelActive(context: ChannelHandlerContext) { react("", context.channel) }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            react(String(buffer: unwrapInboundIn(data)), context.channel)
        }
    }

    private final class Connections: Sendable {
        let all = Mutex<[any Channel]>([])
    }

    private let channel: any Channel
    private let accepted: Connections

    private init(channel: any Channel, accepted: Connections) {
        self.channel = channel
        self.accepted = accepted
    }

    var url: String { "redis://127.0.0.1:\(channel.localAddress?.port ?? 0)" }
    /// How many connections there have been.
    var connectionCount: Int { accepted.all.withLock(\.count) }

    /// Runs `body` with a server, whose connections are closed afterwards.
    static func with(
        isolation: isolated (any Actor)? = #isolation, _ react: @escaping Reaction, _ body: (FakeServer) async throws -> Void
    ) async throws {
        let accepted = Connections()
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                accepted.all.withLock { $0.append(channel) }
                return channel.pipeline.addHandler(Handler(react))
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = FakeServer(channel: channel, accepted: accepted)
        do {
            try await body(server)
        } catch {
            try await server.close()
            throw error
        }
        try await server.close()
    }

    private func close() async throws {
        try await channel.close()
        for connection in accepted.all.withLock({ $0 }) { connection.close(promise: nil) }
    }
}

extension Channel {
    func send(_ text: String) { writeAndFlush(ByteBuffer(string: text), promise: nil) }
}
