import NIOCore
import NIOPosix
import PushStreamCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A connection that is a subscriber's: of a long poll, which answers over the same connection again and again, or of a stream whose
/// socket cannot leave NIO.
extension ConnectionHandler: SubscriberLink {
    /// Enters a subscriber in the store and in this loop. A stream leaves NIO with it.
    func register(
        _ channels: [RequestedChannel], _ result: SubscribeResult, profile: SubscriberProfile, keepAliveTime: Int = 0,
        longPoll: LongPoll? = nil, end: SubscriberEnd?
    ) {
        let socket = longPoll == nil ? handOver() : nil
        let link: any SubscriberLink = socket ?? self
        let subscriber = Subscriber(
            hub: hub, link: link, profile: profile, sequence: result.sequence,
            needsOrder: channels.count > 1 || longPoll != nil || result.catchesUpFrom != nil, keepAliveTime: keepAliveTime,
            longPoll: longPoll)
        if let event = result.catchesUpFrom { hub.resumes.insert(subscriber, after: event) }
        subscriber.end = end
        hub.enter(subscriber, channels: Array(zip(result.registered, channels.map(\.name))))
        hub.cancelTimer(self)
        if let socket {
            state = .handedOver(socket)
            let opening = output ?? ByteBuffer()
            output = nil
            socket.serve(subscriber, opening: opening)
            // NIO closes its descriptor; the socket has another.
            channel?.close(promise: nil)
        } else {
            state = .subscribed(subscriber)
        }
        if subscriber.isActive { subscriber.setTimer() }
    }

    /// Takes the socket out of NIO.
    ///
    /// - Returns: nil if earlier answers wait in NIO's buffers, or if the system has no descriptor left.
    private func handOver() -> SubscriberSocket? {
        if let opening { return opening.handOver(requests: requests) }
        guard let channel, let options = channel.syncOptions, (try? options.getOption(.bufferedWritableBytes)) == 0 else {
            return nil
        }
        let copy = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            descriptor in
            SocketCalls.duplicate(descriptor)
        }
        guard case .some(.some(let descriptor)) = copy else { return nil }
        return SubscriberSocket(
            hub: hub, listener: listener, descriptor: descriptor, tls: tls?.release(), requests: requests, identity: identity)
    }

    // MARK: SubscriberLink

    var directDescriptor: Int32 { -1 }
    var isListening: Bool { !listener.isClosed }
    var unsentBytes: Int { (try? channel?.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }
    var clientAddress: String { connectionAddresses().remoteHost }

    func send(_ buffer: ByteBuffer) -> Bool {
        guard let context, let channel else { return true }
        guard channel.isWritable else { return false }
        if output != nil { writeOutput() }
        if case .subscribed(let subscriber) = state, subscriber.needsOrder {
            context.write(wrapOutboundOut(buffer), promise: nil)
            if !isFlushPending {
                isFlushPending = true
                hub.needsFlush(subscriber)
            }
        } else {
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        }
        return true
    }

    func flush() {
        isFlushPending = false
        context?.flush()
    }

    func finish(_ rest: ByteBuffer, keepAliveTime: Int) {
        guard case .subscribed = state else { return }
        // What follows leaves with what was gathered, and the hub flushes none that have left.
        isFlushPending = false
        append { $0.writeImmutableBuffer(rest) }
        if keepAliveTime > 0 {
            nextRequest(keepAliveTime: keepAliveTime)
            writeOutput()
            handlePending()
            writeOutput()
        } else {
            endConnection(lingers: false)
        }
    }

    func drop() {
        state = .closed
        channel?.close(promise: nil)
    }

    func reset() {
        _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        drop()
    }
}
