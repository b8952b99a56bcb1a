import NIOCore

/// Who gets the answers of an active connection. All calls come on the connection's event loop.
protocol RedisConnectionDelegate: AnyObject, Sendable {
    /// Answers, in order. An error means that they are not what was asked for, and closes the connection.
    func received(_ replies: [RedisValue], on connection: RedisConnection) throws(RedisError)
    /// The connection can take more bytes again.
    func becameWritable(_ connection: RedisConnection)
}

/// Performs what the connection's state machine and the decoder decide.
final class RedisConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let decoder: ReplyDecoder
    private var state = RedisConnectionStateMachine<EventLoopPromise<[RedisValue]>>()
    private var context: ChannelHandlerContext?
    private var owner: (delegate: any RedisConnectionDelegate, connection: RedisConnection)?
    private let closed: EventLoopPromise<RedisError>

    init(decoder: ReplyDecoder, eventLoop: any EventLoop) {
        self.decoder = decoder
        closed = eventLoop.makePromise()
    }

    /// Gets the reason when the connection has ended. Never fails.
    var closedFuture: EventLoopFuture<RedisError> { closed.futureResult }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        end(RedisError(code: .connection, message: "the connection was closed"))
        self.context = nil
        owner = nil
    }

    func exchange(_ commands: ByteBuffer, count: Int, promise: EventLoopPromise<[RedisValue]>) {
        switch state.exchange(count: count, promise: promise) {
        case .write: context?.writeAndFlush(wrapOutboundOut(commands), promise: nil)
        case .fail(let error): promise.fail(error)
        }
    }

    func activate(_ delegate: any RedisConnectionDelegate, connection: RedisConnection) -> Bool {
        guard state.activate() else { return false }
        owner = (delegate, connection)
        return true
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let replies: [RedisValue]
        do {
            replies = try decoder.decode(unwrapInboundIn(data))
        } catch {
            return end(error)
        }
        switch state.received(replies) {
        case .none: break
        case .succeed(let promise, let replies): promise.succeed(replies)
        case .deliver(let replies):
            guard let owner else { return }
            do {
                try owner.delegate.received(replies, on: owner.connection)
            } catch {
                end(error)
            }
        case .close(let error): end(error)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(RedisError(code: .connection, message: "the server closed the connection"))
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if let owner, context.channel.isWritable { owner.delegate.becameWritable(owner.connection) }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(error as? RedisError ?? RedisError(code: .connection, message: "the connection failed: \(error)"))
    }

    /// Ends the connection; the first reason counts.
    func end(_ reason: RedisError) {
        switch state.close(reason) {
        case .none: break
        case .close(let promise, let reason):
            promise?.fail(reason)
            closed.succeed(reason)
            context?.close(promise: nil)
        }
    }
}
