import NIOCore
import NIOPosix

/// Where a server listens.
public enum Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// A port of this machine's loopback interface.
    case port(Int)
    case unixSocket(String)

    public var description: String {
        switch self {
        case .port(let port): return "localhost:\(port)"
        case .unixSocket(let path): return "unix:\(path)"
        }
    }
}

/// A byte stream to a server: sends exactly what it is given.
public final class TCPConnection: Sendable {
    private let channel: any Channel
    private let mailbox: Mailbox

    private init(channel: any Channel, mailbox: Mailbox) {
        self.channel = channel
        self.mailbox = mailbox
    }

    /// - Throws: `ConnectionError.broken` when nobody listens there.
    public static func connect(to endpoint: Endpoint) async throws -> TCPConnection {
        let mailbox = Mailbox()
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(30))
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ReceivingHandler(mailbox: mailbox))
                }
            }
        do {
            switch endpoint {
            case .port(let port):
                let channel = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
                return TCPConnection(channel: channel, mailbox: mailbox)
            case .unixSocket(let path):
                let channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
                return TCPConnection(channel: channel, mailbox: mailbox)
            }
        } catch {
            throw ConnectionError.broken("\(endpoint): \(error)")
        }
    }

    /// Sends all bytes; returns when the kernel has them.
    public func send(_ bytes: some Sequence<UInt8> & Sendable) async throws {
        do {
            try await self.channel.writeAndFlush(self.channel.allocator.buffer(bytes: bytes))
        } catch {
            throw ConnectionError.broken("\(error)")
        }
    }

    public func send(_ text: String) async throws {
        try await self.send(Array(text.utf8))
    }

    /// Tells the server that no more will be sent, and goes on receiving.
    public func finishSending() async throws {
        do {
            try await self.channel.close(mode: .output)
        } catch {
            throw ConnectionError.broken("\(error)")
        }
    }

    /// What has arrived, at least one byte; `nil` after the last byte when the server has closed.
    public func receive(within limit: Duration = .seconds(60)) async throws -> [UInt8]? {
        try await self.mailbox.next(within: limit, timer: self.channel.eventLoop)
    }

    /// Everything until the server closes. A reset by the server ends it too, after what had arrived.
    public func receiveToEnd(within limit: Duration = .seconds(60)) async throws -> [UInt8] {
        var all: [UInt8] = []
        do {
            while let bytes = try await self.receive(within: limit) { all += bytes }
        } catch ConnectionError.broken {
            return all
        }
        return all
    }

    /// Stops reading from the socket, so that the server's output fills up.
    public func pauseReading() async throws {
        try await self.channel.setOption(.autoRead, value: false).get()
    }

    public func close() {
        self.channel.close(promise: nil)
    }

    deinit {
        self.channel.close(promise: nil)
    }
}

private final class ReceivingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let mailbox: Mailbox

    init(mailbox: Mailbox) { self.mailbox = mailbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.mailbox.append(self.unwrapInboundIn(data).readableBytesView)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { self.mailbox.finish() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.mailbox.finish()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.mailbox.fail(.broken("\(error)"))
        context.close(promise: nil)
    }
}
