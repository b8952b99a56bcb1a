import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

/// A push-stream whose answers are given byte by byte.
final class RawPushStream: Sendable {
    /// What the server does about one request.
    struct Answer: Sendable, CustomTestStringConvertible {
        /// Each is sent in a packet of its own.
        var pieces: [String]
        var closes = false

        init(_ pieces: String..., closes: Bool = false) {
            self.pieces = pieces
            self.closes = closes
        }

        var testDescription: String {
            "\(self.pieces.joined().prefix(80).debugDescription)\(self.closes ? ", then closes" : "")"
        }

        /// Each byte in a packet of its own.
        static func bytewise(_ text: String) -> Answer {
            var answer = Answer()
            answer.pieces = text.map { String($0) }
            return answer
        }
    }

    /// A request as it came.
    struct Request: Sendable {
        /// The number of the connection, from 1.
        var connection: Int
        var uri: String
        var eventID: String?
        var isPublish: Bool { self.uri.hasPrefix("/pub") }
    }

    private let count = Mutex(0)
    private let listener: any Channel
    let port: Int

    /// What the question for the store is answered with.
    static let statistics = "HTTP/1.1 200 OK\r\nX-PushService-Instance: life-1\r\nContent-Length: 2\r\n\r\n{}"

    static func run(
        _ react: @escaping @Sendable (Request) -> Answer, _ body: @escaping @Sendable (RawPushStream) async throws -> Void
    ) async throws {
        let server = Mutex<RawPushStream?>(nil)
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
                    guard let server = server.withLock(\.self) else { throw ChannelError.ioOnClosedChannel }
                    try channel.pipeline.syncOperations.addHandler(Handler(server: server, react: react))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let made = RawPushStream(listener)
        server.withLock { $0 = made }
        try await body(made)
        try await listener.close()
    }

    private init(_ listener: any Channel) {
        self.listener = listener
        self.port = listener.localAddress?.port ?? 0
    }

    /// How many connections there have been.
    var connections: Int { self.count.withLock(\.self) }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = ByteBuffer

        private let server: RawPushStream
        private let react: @Sendable (Request) -> Answer
        private let connection: Int
        private var head: HTTPRequestHead?
        private var isClosing = false

        init(server: RawPushStream, react: @escaping @Sendable (Request) -> Answer) {
            self.server = server
            self.react = react
            self.connection = server.count.withLock { count in
                count += 1
                return count
            }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch self.unwrapInboundIn(data) {
            case .head(let head): self.head = head
            case .body: break
            case .end:
                guard let head = self.head, !self.isClosing else { return }
                let answer = self.react(
                    Request(connection: self.connection, uri: head.uri, eventID: head.headers.first(name: "Event-Id")))
                for piece in answer.pieces {
                    context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: piece)), promise: nil)
                }
                self.isClosing = answer.closes
                if answer.closes { context.close(promise: nil) }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
