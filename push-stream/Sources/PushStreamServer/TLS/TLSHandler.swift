import NIOCore

/// Stands before the ``ConnectionHandler`` of a TLS address: decrypts what comes and encrypts what goes.
///
/// A client that speaks plain HTTP to such an address is let through, so that it can be told; ``session`` stays nil then.
final class TLSHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// Nothing has come yet that would tell what the client speaks.
        case waiting
        case encrypted(TLSSession)
        case plain
        /// The session has gone elsewhere, or could not begin: nothing is read or written here any more.
        case over
    }

    private let hub: LoopHub
    private let listener: LoopListener
    private var state: State

    /// - Parameter session: of a connection that comes back to NIO after a stream.
    init(hub: LoopHub, listener: LoopListener, session: TLSSession? = nil) {
        self.hub = hub
        self.listener = listener
        state = session.map { .encrypted($0) } ?? .waiting
    }

    /// The connection's encryption; nil before the client's first byte, and if the client does not encrypt.
    var session: TLSSession? {
        if case .encrypted(let session) = state { session } else { nil }
    }

    /// Gives up the session to a socket that leaves NIO.
    func release() -> TLSSession? {
        defer { state = .over }
        return session
    }

    // MARK: Inbound

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        if case .waiting = state, let first = buffer.readableBytesView.first { begin(first, context) }
        switch state {
        case .encrypted(let session): decrypt(buffer, session, context)
        case .plain: context.fireChannelRead(data)
        case .waiting, .over: break
        }
    }

    /// Tells by the first byte, as Nginx does: a handshake record, or the greeting of a protocol before TLS.
    private func begin(_ first: UInt8, _ context: ChannelHandlerContext) {
        guard first == 0x16 || first & 0x80 != 0 else { return state = .plain }
        guard let session = TLSSession(listener.current, hub.tlsExchange) else {
            state = .over
            return context.close(promise: nil)
        }
        state = .encrypted(session)
    }

    private func decrypt(_ buffer: ByteBuffer, _ session: TLSSession, _ context: ChannelHandlerContext) {
        var plaintext = ByteBuffer()
        let outcome = buffer.withUnsafeReadableBytes { session.open($0, into: &plaintext) }
        let answer = session.takeOutput()
        if answer.readableBytes > 0 { context.writeAndFlush(wrapOutboundOut(answer), promise: nil) }
        if plaintext.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(plaintext)) }
        switch outcome {
        case .open: break
        // Its answers may still be on their way.
        case .ended: context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        case .failed(let reason):
            let address = context.remoteAddress?.ipAddress ?? "unix:"
            hub.context.log.log(.info, "TLS connection failed", ["client": address, "reason": reason])
            context.close(promise: nil)
        }
    }

    // MARK: Outbound

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let session: TLSSession
        switch state {
        case .encrypted(let current): session = current
        case .waiting, .plain: return context.write(data, promise: promise)
        case .over:
            // Without encryption nothing may leave.
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        guard let sealed = session.seal(unwrapOutboundIn(data)) else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return context.close(promise: nil)
        }
        context.write(wrapOutboundOut(sealed), promise: promise)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        let waiting = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        // Whoever leaves bytes unread is not waited for.
        guard mode != .input, waiting == 0, let goodbye = session?.goodbye(), goodbye.readableBytes > 0 else {
            return context.close(mode: mode, promise: promise)
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in context.close(mode: mode, promise: promise) }
        context.writeAndFlush(wrapOutboundOut(goodbye), promise: written)
    }
}
