import NIOCore
import NginxConf
import PushStreamCore
import Synchronization

/// One client connection: reads requests, answers them, and turns into a subscriber's stream. The only handler in its pipeline.
final class ConnectionHandler: ChannelDuplexHandler, TimerWheelEntry {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum State {
        case readingHead(PendingHead)
        case readingBody(PendingRequest)
        case subscribed(Subscriber)
        /// The response is out, and what the client still sends is thrown away, so that it gets to read the response.
        case lingering
        case closed
    }

    /// How long a connection lingers, in milliseconds (Nginx's `lingering_timeout`).
    private static let lingeringTime = 5000
    /// Bytes that a client may send ahead while a subscriber is served.
    static let pendingLimit = 64 * 1024
    /// Milliseconds that a publisher waits when an event loop lags behind.
    private static let backlogPause: Int64 = 10
    /// Responses of one read are collected up to this many bytes.
    private static let outputBatch = 64 * 1024

    let hub: LoopHub
    let listener: ListenerContext
    private(set) var state: State
    private var context: ChannelHandlerContext?
    private var channel: (any Channel)?
    /// Sent ahead by the client; handled when the connection is free again.
    private var pending: ByteBuffer?
    /// Responses that wait for the end of this read.
    private var output: ByteBuffer?
    private var isFlushPending = false
    private var isPaused = false
    private var readIsDue = false
    var isDraining = false
    /// `keepalive_timeout` of the request that a subscriber came with; 0 if the connection ends with it.
    var keepAliveTime = 0
    private(set) var requests = 0
    var timerPlace = TimerPlace.none
    var connectionIndex = -1

    init(hub: LoopHub, listener: ListenerContext) {
        self.hub = hub
        self.listener = listener
        state = .closed
    }

    var subscriber: Subscriber? {
        if case .subscribed(let subscriber) = state { subscriber } else { nil }
    }

    // MARK: Life of the connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        channel = context.channel
        if context.channel.isActive { start() }
    }

    func channelActive(context: ChannelHandlerContext) {
        start()
    }

    private func start() {
        guard case .closed = state, connectionIndex < 0 else { return }
        hub.updateTime()
        hub.metrics.accepted.wrappingAdd(1, ordering: .relaxed)
        if hub.connections.count >= hub.connectionLimit {
            hub.metrics.refused.wrappingAdd(1, ordering: .relaxed)
            channel?.close(promise: nil)
            return
        }
        hub.add(self)
        state = newHead()
        hub.schedule(self, inMilliseconds: listener.defaultServer.headerTimeout)
    }

    private func newHead() -> State {
        let server = listener.defaultServer
        return .readingHead(
            PendingHead(
                RequestHeadReader.Limits(
                    initialBuffer: server.headerBufferSize, bufferCount: server.largeHeaderBuffers.count,
                    bufferSize: server.largeHeaderBuffers.size)))
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let subscriber { hub.leave(subscriber, reason: .clientClosed) }
        state = .closed
        hub.remove(self)
        pending = nil
        output = nil
        self.context = nil
        channel = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Resets and timeouts of a client are daily business; the connection ends.
        context.close(promise: nil)
    }

    func close() {
        if let subscriber {
            state = .closed
            hub.leave(subscriber, reason: .clientClosed)
        }
        state = .closed
        channel?.close(promise: nil)
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        process(&buffer)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        writeOutput()
    }

    /// Reads go through here, so that a client that does not take its responses cannot send more requests.
    func read(context: ChannelHandlerContext) {
        if isPaused { readIsDue = true } else { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        resume(context)
    }

    private func process(_ buffer: inout ByteBuffer) {
        while buffer.readableBytes > 0 {
            if isPaused {
                hold(&buffer)
                return
            }
            switch state {
            case .readingHead(let head): readHead(head, &buffer)
            case .readingBody(let request): readBody(request, &buffer)
            case .subscribed(let subscriber):
                if subscriber.profile.key.mode == .webSocket {
                    receiveFrames(&buffer, subscriber)
                } else {
                    hold(&buffer)
                }
                return
            case .lingering, .closed: return
            }
            if hub.context.store.isCongested { pauseForBacklog() }
            if let output, output.readableBytes > Self.outputBatch {
                writeOutput()
                if channel?.isWritable == false { isPaused = true }
            }
        }
    }

    /// Lets event loops catch up before more is published over this connection.
    private func pauseForBacklog() {
        guard !isPaused, let context else { return }
        isPaused = true
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Self.backlogPause)) { [weak self] in
            guard let self, let context = self.context else { return }
            self.resume(context)
        }
    }

    private func resume(_ context: ChannelHandlerContext) {
        guard isPaused, context.channel.isWritable else { return }
        isPaused = false
        handlePending()
        writeOutput()
        if readIsDue, !isPaused {
            readIsDue = false
            context.read()
        }
    }

    private func hold(_ buffer: inout ByteBuffer) {
        if (pending?.readableBytes ?? 0) + buffer.readableBytes > Self.pendingLimit, subscriber != nil {
            disconnectSubscriber(.protocolError)
        } else if pending != nil {
            pending?.writeBuffer(&buffer)
        } else {
            pending = ByteBuffer(buffer: buffer)
        }
    }

    private func handlePending() {
        guard var held = pending else { return }
        pending = nil
        process(&held)
    }

    private func readHead(_ head: PendingHead, _ buffer: inout ByteBuffer) {
        let hadStarted = head.reader.hasStarted
        let (consumed, outcome) = buffer.withUnsafeReadableBytes { head.reader.read($0) }
        buffer.moveReaderIndex(forwardBy: consumed)
        switch outcome {
        case .needsMore:
            // The time for a head counts from its first byte, however slowly the rest comes.
            if !hadStarted { hub.schedule(self, inMilliseconds: listener.defaultServer.headerTimeout) }
        case .failure(let failure): refuse(failure)
        case .head(let head): begin(head)
        }
    }

    private func begin(_ head: RequestHead) {
        hub.updateTime()
        requests += 1
        hub.metrics.requests.wrappingAdd(1, ordering: .relaxed)
        let (server, log) = listener.server(host: head.host)
        let variables = RequestVariables(
            head: head, connection: addresses(), server: server, hostname: hub.context.hostname, now: hub.now,
            requestsOfConnection: requests)
        let route = server.route(path: head.path, request: variables)
        let pending = PendingRequest(Request(head: head, location: route.settings, variables: route.variables, log: log))
        if pending.body.isTooLarge {
            finish(
                ErrorPage.response(HTTPFailure.bodyTooLarge, server: pending.request.serverName), of: pending.request,
                unread: true)
            return
        }
        if head.body == .none {
            handle(pending.request)
            return
        }
        if !pending.request.isAllowed {
            finish(pending.request.errorPage(403), of: pending.request, unread: true)
            return
        }
        if head.expectsContinue { append { $0.writeString("HTTP/1.1 100 Continue\r\n\r\n") } }
        state = .readingBody(pending)
        hub.schedule(self, inMilliseconds: pending.request.location.bodyTimeout)
    }

    private func readBody(_ pending: PendingRequest, _ buffer: inout ByteBuffer) {
        let (consumed, outcome) = buffer.withUnsafeReadableBytes { pending.body.read($0) }
        buffer.moveReaderIndex(forwardBy: consumed)
        switch outcome {
        case .needsMore: hub.schedule(self, inMilliseconds: pending.request.location.bodyTimeout)
        case .failure(let failure):
            let response = ErrorPage.response(failure, server: pending.request.serverName)
            finish(response, of: pending.request, unread: true)
        case .complete:
            pending.request.body = pending.body.body
            handle(pending.request)
        }
    }

    private func addresses() -> ConnectionAddresses {
        let (remote, local) = (channel?.remoteAddress, channel?.localAddress)
        return ConnectionAddresses(
            remoteHost: remote?.ipAddress ?? "unix:", remotePort: remote?.port, localHost: local?.ipAddress,
            localPort: local?.port)
    }

    // MARK: Answering

    /// Answers a request that is too broken to have a location.
    private func refuse(_ failure: HTTPFailure) {
        let location = listener.defaultServer.fallback
        let name = EngineVersion.serverName(showsVersion: location.serverTokens)
        hub.metrics.countResponse(failure.status)
        append {
            ErrorPage.response(failure, server: name).render(
                into: &$0, server: name, date: hub.httpDate, minorVersion: 1, isKeepAlive: false)
        }
        endConnection(lingers: true)
    }

    /// Writes a whole response and goes on with the next request, or ends the connection.
    ///
    /// - Parameter unread: whether a part of the request was left unread.
    func finish(_ response: HTTPResponse, of request: Request, unread: Bool = false) {
        var response = response
        let isKeepAlive = !unread && keepsAlive(request) && !response.closes
        addHeaders(&response, request)
        response.omitsBody = request.head.method == .head
        append {
            response.render(
                into: &$0, server: request.serverName, date: hub.httpDate, minorVersion: request.head.minorVersion,
                isKeepAlive: isKeepAlive)
        }
        record(response, of: request)
        if isKeepAlive { nextRequest(keepAliveTime: request.location.keepAliveTimeout) } else { endConnection(lingers: unread) }
    }

    func keepsAlive(_ request: Request) -> Bool {
        request.head.isKeepAlive && request.location.keepAliveTimeout > 0 && requests < request.location.keepAliveRequests
            && !isDraining
    }

    func addHeaders(_ response: inout HTTPResponse, _ request: Request) {
        for header in request.location.addedHeaders where header.always || HTTPStatus.takesAddedHeaders(response.status) {
            let value = HTTPResponse.sanitised(header.value.evaluate(request.variables))
            if !value.isEmpty { response.fields.append((header.name, value)) }
        }
    }

    /// Counts the response and writes the access log's line, in Nginx's combined format.
    func record(_ response: HTTPResponse, of request: Request) {
        hub.metrics.countResponse(response.status)
        guard let log = request.log else { return }
        let variables = request.variables.request
        var size = 0
        if case .bytes(let body) = response.body, !response.omitsBody { size = body.count }
        let line =
            "\(variables.connection.remoteHost ?? "-") - - [\(HTTPDate.formatLog(hub.now / 1000))] "
            + "\"\(request.head.method.name) \(request.head.target) HTTP/1.\(request.head.minorVersion)\" \(response.status) \(size) "
            + "\"\(request.head.text("referer") ?? "-")\" \"\(request.head.text("user-agent") ?? "-")\""
        log.append(HTTPResponse.sanitised(line))
    }

    func append(_ write: (inout ByteBuffer) -> Void) {
        var buffer = output ?? ByteBuffer()
        output = nil
        write(&buffer)
        output = buffer
    }

    func nextRequest(keepAliveTime: Int) {
        state = newHead()
        hub.schedule(self, inMilliseconds: isDraining ? 0 : keepAliveTime)
    }

    /// Closes when everything written so far is out.
    func endConnection(lingers: Bool) {
        state = .lingering
        hub.schedule(self, inMilliseconds: Self.lingeringTime)
        guard let context, let channel else { return }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in
            channel.close(mode: lingers ? .output : .all, promise: nil)
        }
        let rest = output ?? ByteBuffer()
        output = nil
        context.writeAndFlush(wrapOutboundOut(rest), promise: promise)
    }

    private func writeOutput() {
        guard let buffer = output, let context else { return }
        output = nil
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    // MARK: Subscribing

    /// Turns the connection into a subscriber's.
    func become(_ subscriber: Subscriber) {
        state = .subscribed(subscriber)
        scheduleSubscriber(subscriber)
    }

    func scheduleSubscriber(_ subscriber: Subscriber) {
        var deadline = subscriber.expiry
        if subscriber.longPoll == nil, let interval = subscriber.profile.pingTicks {
            deadline = min(deadline, subscriber.lastActivity + interval)
        }
        if isDraining { return }
        hub.schedule(self, atTick: deadline)
    }

    /// - Returns: false if the client has not read what it was sent before, up to the limit: it must go.
    func sendToSubscriber(_ buffer: ByteBuffer) -> Bool {
        guard let context, let channel else { return true }
        guard channel.isWritable else { return false }
        if output != nil { writeOutput() }
        if case .subscribed(let subscriber) = state, subscriber.needsOrder {
            context.write(wrapOutboundOut(buffer), promise: nil)
            if !isFlushPending {
                isFlushPending = true
                hub.needsFlush(self)
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

    /// Writes the end of a subscriber's response, leaves the channels and goes on with the connection.
    func endSubscriber(
        _ subscriber: Subscriber, reason: DisconnectReason, keepAliveTime: Int?, _ write: (inout ByteBuffer) -> Void
    ) {
        guard case .subscribed(let current) = state, current === subscriber else { return }
        hub.leave(subscriber, reason: reason)
        append(write)
        if let keepAliveTime, !isDraining {
            nextRequest(keepAliveTime: keepAliveTime)
            writeOutput()
            handlePending()
            writeOutput()
        } else {
            endConnection(lingers: false)
        }
    }

    /// Drops a subscriber without a goodbye.
    func disconnectSubscriber(_ reason: DisconnectReason) {
        guard let subscriber else { return }
        state = .closed
        hub.leave(subscriber, reason: reason)
        channel?.close(promise: nil)
    }

    // MARK: Time

    func timerFired() {
        switch state {
        case .readingHead, .readingBody, .lingering: close()
        case .subscribed(let subscriber): subscriberTimerFired(subscriber)
        case .closed: break
        }
    }

    /// Ends the connection within `delay` milliseconds, because the engine stops.
    func drain(within delay: Int) {
        isDraining = true
        switch state {
        case .readingHead(let head) where !head.reader.hasStarted: close()
        case .subscribed: hub.schedule(self, inMilliseconds: delay)
        default: break
        }
    }
}
