import NIOCore
import NIOPosix

/// Opens connections to push-stream.
struct PushStreamConnector: Sendable {
    let address: PushStreamAddress
    let eventLoopGroup: any EventLoopGroup
    /// The longest that connecting may take, and the longest silence while requests are in flight.
    let timeout: Duration

    /// The same on one event loop.
    func on(_ eventLoop: any EventLoop) -> PushStreamConnector {
        PushStreamConnector(address: self.address, eventLoopGroup: eventLoop, timeout: self.timeout)
    }

    /// Connects, and closes the connection when `body` ends or the task is cancelled.
    ///
    /// - Throws: an I/O error, ``PushStreamError``, or what `body` throws.
    func withConnection<Result: Sendable>(_ body: (PushStreamConnection) async throws -> Result) async throws -> Result {
        let connection = try await self.connect()
        return try await withTaskCancellationHandler {
            do {
                let result = try await body(connection)
                await connection.close()
                return result
            } catch {
                await connection.close()
                throw error
            }
        } onCancel: {
            connection.end()
        }
    }

    /// Sends one question over a connection of its own.
    func ask(_ question: PushStreamQuestion) async throws -> PushStreamResponse {
        try await self.withConnection { try await $0.ask(question) }
    }

    private func connect() async throws -> PushStreamConnection {
        let timeout = TimeAmount.milliseconds(max(1, self.timeout.milliseconds))
        let host = self.address.hostHeader
        let bootstrap = ClientBootstrap(group: self.eventLoopGroup)
            // NIO sets TCP_NODELAY.
            .connectTimeout(timeout)
        let setUp: @Sendable (any Channel) -> EventLoopFuture<PushStreamConnection> = { channel in
            channel.eventLoop.makeCompletedFuture {
                let handler = PushStreamChannelHandler(host: host, answerTimeout: timeout, eventLoop: channel.eventLoop)
                try channel.pipeline.syncOperations.addHandler(handler)
                return PushStreamConnection(channel: channel, handler: handler)
            }
        }
        switch self.address {
        case .tcp(let host, let port):
            return try await bootstrap.connect(host: host, port: port, channelInitializer: setUp)
        case .unixDomainSocket(let path):
            return try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: setUp)
        }
    }
}

/// A connection to push-stream.
final class PushStreamConnection: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<PushStreamChannelHandler>
    private let ended: EventLoopFuture<Void>

    /// On the channel's event loop.
    fileprivate init(channel: any Channel, handler: PushStreamChannelHandler) {
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        self.ended = handler.endedFuture
    }

    var eventLoop: any EventLoop { self.channel.eventLoop }

    /// Asks one question, whose answer may come after those to earlier ones.
    func ask(_ question: PushStreamQuestion) async throws -> PushStreamResponse {
        let promise = self.eventLoop.makePromise(of: PushStreamResponse.self)
        self.eventLoop.execute { self.handler.value.ask(question, promise: promise) }
        return try await promise.futureResult.get()
    }

    /// Lets `user` publish over the connection, and waits for its end.
    ///
    /// - Parameter user: called on the event loop, if the connection is open.
    /// - Throws: why it ended, unless that was in order.
    func publish(_ user: @escaping @Sendable (PushStreamChannelHandler) -> Void) async throws {
        self.eventLoop.execute { user(self.handler.value) }
        try await self.ended.get()
    }

    /// Ends the connection.
    func end() {
        self.eventLoop.execute { self.handler.value.end(nil) }
    }

    /// Ends the connection, and waits until its socket is closed.
    fileprivate func close() async {
        self.end()
        try? await self.channel.closeFuture.get()
    }
}
