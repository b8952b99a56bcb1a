import NIOCore
import PushStreamCore

/// How answers leave, and how long a client may take to read them.
extension ConnectionHandler {
    /// Bytes that most responses fit in.
    private static let responseSize = 512

    func append(_ write: (inout ByteBuffer) -> Void) {
        var buffer = output ?? ByteBufferAllocator().buffer(capacity: Self.responseSize)
        output = nil
        write(&buffer)
        output = buffer
    }

    func nextRequest(keepAliveTime: Int) {
        // The address may have gone since the request's answer began.
        let staysToTheLast = hub.isDraining && feedsSubscribers && hub.hasSubscribers
        if listener.isClosed, !staysToTheLast { return endConnection(lingers: false) }
        state = newHead()
        waiting.keepAliveTime = keepAliveTime
        hub.schedule(self, inMilliseconds: hub.isDraining && !staysToTheLast ? 0 : keepAliveTime)
    }

    /// Closes when everything written so far is out.
    func endConnection(lingers: Bool) {
        state = .lingering
        self.lingers = lingers
        hub.schedule(self, inMilliseconds: waiting.timeout)
        guard let context else { return }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { [self] _ in outputEnded() }
        let rest = output ?? ByteBuffer()
        output = nil
        context.writeAndFlush(wrapOutboundOut(rest), promise: promise)
        waiting.bytes = unsentBytes
    }

    /// The client has the last answer, or is gone. From now on it has the time to end its side.
    private func outputEnded() {
        guard case .lingering = state, let channel else { return }
        guard lingers == true, !hasInputEnded else { return channel.close(promise: nil) }
        hub.updateTime()
        hub.schedule(self, inMilliseconds: Self.lingeringTime)
        channel.close(mode: .output, promise: nil)
    }

    func writeOutput() {
        guard let buffer = output, let context else { return }
        output = nil
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        // Whoever does not take the answers may not ask for more.
        if !context.channel.isWritable { isPaused = true }
        awaitOutput()
    }

    // MARK: Output that waits

    /// Gives the client `send_timeout` to take some of what waits for it. The time for its next request begins when it has all.
    private func awaitOutput() {
        let unsent = unsentBytes
        guard unsent > 0, let context else { return }
        switch state {
        case .readingHead, .readingBody: break
        // These have timers of their own.
        case .subscribed, .handedOver, .sendingFile, .lingering, .closed: return
        }
        waiting.bytes = unsent
        hub.schedule(self, inMilliseconds: waiting.timeout)
        if waiting.isAwaited { return }
        waiting.isAwaited = true
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenSuccess { [self] in outputIsOut() }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: promise)
    }

    private func outputIsOut() {
        waiting.isAwaited = false
        guard context != nil else { return }
        hub.updateTime()
        if unsentBytes > 0 { return awaitOutput() }
        switch state {
        case .readingHead(let head):
            let ends = hub.isDraining && !(feedsSubscribers && hub.hasSubscribers)
            let keepAliveTime = ends ? 0 : waiting.keepAliveTime
            let headTime = head.listener.defaultServer.settings.headerTimeout
            hub.schedule(self, inMilliseconds: head.reader.hasStarted ? headTime : keepAliveTime)
        case .readingBody(let pending): hub.schedule(self, inMilliseconds: pending.request.location.bodyTimeout)
        case .subscribed, .handedOver, .sendingFile, .lingering, .closed: break
        }
    }

    /// The timer has fired: whether the client has taken some of what waits since it was set. Then it has the time once more.
    func takesOutput() -> Bool {
        switch state {
        case .readingHead, .readingBody, .lingering: break
        case .subscribed, .handedOver, .sendingFile, .closed: return false
        }
        let unsent = unsentBytes
        guard unsent > 0, unsent < waiting.bytes else { return false }
        waiting.bytes = unsent
        hub.schedule(self, inMilliseconds: waiting.timeout)
        return true
    }
}

/// What a connection knows of answers that its client has yet to take.
struct WaitingOutput {
    /// `send_timeout`, in milliseconds.
    var timeout = 0
    /// For the request after them, in milliseconds.
    var keepAliveTime = 0
    /// How many they were when the client's time began.
    var bytes = 0
    /// Whether their end is waited for.
    var isAwaited = false
}
