import NIOCore
import NginxConf
import PushStreamCore
import Synchronization

/// One client connection: reads requests, answers them, and turns into a subscriber's stream. The only handler in its pipeline
/// besides the ``TLSHandler`` of an encrypted address.
final class ConnectionHandler: LoopTimed, ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum State {
        case readingHead(PendingHead)
        case readingBody(PendingRequest)
        case subscribed(Subscriber)
        /// The socket has left NIO; what NIO had read by then goes there.
        case handedOver(SubscriberSocket)
        /// The response is out, and what the client still sends is thrown away, so that it gets to read the response.
        case lingering
        case closed
    }

    /// How long a connection lingers, in milliseconds (Nginx's `lingering_timeout`).
    static let lingeringTime = 5000
    /// Bytes that a client may send ahead while a subscriber is served.
    static let pendingLimit = 64 * 1024
    /// Milliseconds that a publisher waits when an event loop lags behind.
    private static let backlogPause: Int64 = 10
    /// Bytes that most responses fit in.
    private static let responseSize = 512
    /// Responses of one read are collected up to this many bytes.
    private static let outputBatch = 64 * 1024

    let hub: LoopHub
    let listener: LoopListener
    /// nil on an address where nobody encrypts.
    let tls: TLSHandler?
    var state: State
    private(set) var context: ChannelHandlerContext?
    private(set) var channel: (any Channel)?
    /// Sent ahead by the client; handled when the connection is free again.
    private var pending: ByteBuffer?
    /// Responses that wait for the end of this read.
    var output: ByteBuffer?
    var isFlushPending = false
    private var isPaused = false
    private var readIsDue = false
    private(set) var requests = 0
    private var addresses: ConnectionAddresses?
    var connectionIndex = -1
    /// What the connection was before, if it comes back to NIO after a stream.
    private var resumed: Resumed?

    /// A connection whose stream has ended and that serves the next request.
    struct Resumed {
        var requests: Int
        /// Milliseconds in which the next request must come.
        var keepAliveTime: Int
        /// What the client has sent of it.
        var ahead: ByteBuffer?
    }

    init(hub: LoopHub, listener: LoopListener, tls: TLSHandler? = nil, resumed: Resumed? = nil) {
        self.hub = hub
        self.listener = listener
        self.tls = tls
        self.resumed = resumed
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
        if let resumed {
            self.resumed = nil
            requests = resumed.requests
            hub.add(self)
            nextRequest(keepAliveTime: resumed.keepAliveTime)
            pending = resumed.ahead
            handlePending()
            // The address may have gone since the stream ended.
            if listener.isClosed { configurationChanged() }
            writeOutput()
            return
        }
        hub.metrics.accepted.wrappingAdd(1, ordering: .relaxed)
        if hub.connectionCount >= hub.connectionLimit {
            hub.metrics.refused.wrappingAdd(1, ordering: .relaxed)
            channel?.close(promise: nil)
            return
        }
        hub.add(self)
        state = newHead()
        hub.schedule(self, inMilliseconds: listener.current.defaultServer.settings.headerTimeout)
    }

    private func newHead() -> State { .readingHead(PendingHead(listener.current)) }

    /// The next request meets the new configuration. Where that no longer has the address, there is none.
    func configurationChanged() {
        guard case .readingHead(let head) = state, !head.reader.hasStarted else { return }
        if listener.isClosed { endConnection(lingers: false) } else { state = newHead() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let subscriber { hub.leave(subscriber, reason: .clientClosed) }
        // What this read still holds belongs to the socket.
        if case .handedOver = state {} else { state = .closed }
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
                    buffer.withUnsafeReadableBytes { subscriber.receiveFrames($0) }
                } else {
                    hold(&buffer)
                }
                return
            case .handedOver(let socket):
                buffer.withUnsafeReadableBytes { socket.receive($0) }
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
            subscriber?.disconnect(.protocolError)
        } else if pending != nil {
            pending?.writeBuffer(&buffer)
        } else {
            pending = ByteBuffer(buffer: buffer)
        }
    }

    func handlePending() {
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
            if !hadStarted { hub.schedule(self, inMilliseconds: head.listener.defaultServer.settings.headerTimeout) }
        case .failure(let failure): refuse(failure, head.listener)
        case .head(let request): begin(request, head.listener, isLast: buffer.readableBytes == 0)
        }
    }

    /// - Parameter isLast: whether nothing that comes after the head has come yet.
    private func begin(_ head: RequestHead, _ listener: ListenerContext, isLast: Bool) {
        hub.updateTime()
        requests += 1
        hub.metrics.requests.wrappingAdd(1, ordering: .relaxed)
        let server = listener.server(of: head)
        let variables = RequestVariables(
            head: head, connection: connectionAddresses(), server: server, hostname: hub.context.hostname, now: hub.now,
            requestsOfConnection: requests, tls: tls?.session)
        let pending = PendingRequest(
            Request(server.settings.route(path: head.path, request: variables), log: server.accessLog))
        if tls != nil, tls?.session == nil {
            let detail = "The plain HTTP request was sent to HTTPS port"
            let response = ErrorPage.response(400, server: pending.request.serverName, detail: detail)
            finish(response, of: pending.request, unread: true)
            return
        }
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
        // Most bodies come with their heads and need no timer.
        if isLast { hub.schedule(self, inMilliseconds: pending.request.location.bodyTimeout) }
    }

    private func readBody(_ pending: PendingRequest, _ buffer: inout ByteBuffer) {
        let (consumed, outcome) = buffer.withUnsafeReadableBytes { pending.body.read($0) }
        buffer.moveReaderIndex(forwardBy: consumed)
        switch outcome {
        case .needsMore: hub.schedule(self, inMilliseconds: pending.request.location.bodyTimeout)
        case .failure(let failure):
            var response = ErrorPage.response(failure, server: pending.request.serverName)
            if case .publisher(let settings) = pending.request.location.handler {
                PublisherHandler(context: hub.context, now: hub.now).addFields(to: &response, pending.request, settings)
            }
            finish(response, of: pending.request, unread: true)
        case .complete:
            pending.request.body = pending.body.body
            handle(pending.request)
        }
    }

    private func connectionAddresses() -> ConnectionAddresses {
        if let addresses { return addresses }
        let addresses = ConnectionAddresses(remote: channel?.remoteAddress, local: channel?.localAddress)
        self.addresses = addresses
        return addresses
    }

    // MARK: Answering

    /// Answers a request that is too broken to have a location.
    private func refuse(_ failure: HTTPFailure, _ listener: ListenerContext) {
        let location = listener.defaultServer.settings.fallback.settings
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
            && !hub.isDraining && isListening
    }

    func addHeaders(_ response: inout HTTPResponse, _ request: Request) {
        for header in request.location.addedHeaders where header.always || HTTPStatus.takesAddedHeaders(response.status) {
            let value = HTTPResponse.sanitised(header.value.evaluate(request.variables))
            if !value.isEmpty { response.fields.append((header.name, value)) }
        }
    }

    /// Counts the response and writes the access log's line.
    func record(_ response: HTTPResponse, of request: Request) {
        hub.metrics.countResponse(response.status)
        guard let log = request.log else { return }
        var size = 0
        if case .bytes(let body) = response.body, !response.omitsBody { size = body.count }
        let variables = LogVariables(request: request.variables, status: response.status, bodyBytes: size)
        log.append(request.variables.request.server.settings.accessLogFormat.line(variables))
    }

    func append(_ write: (inout ByteBuffer) -> Void) {
        var buffer = output ?? ByteBufferAllocator().buffer(capacity: Self.responseSize)
        output = nil
        write(&buffer)
        output = buffer
    }

    func nextRequest(keepAliveTime: Int) {
        state = newHead()
        hub.schedule(self, inMilliseconds: hub.isDraining ? 0 : keepAliveTime)
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

    func writeOutput() {
        guard let buffer = output, let context else { return }
        output = nil
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    // MARK: Time

    override func timerFired() {
        switch state {
        case .readingHead, .readingBody, .lingering: close()
        // A subscriber has a timer of its own.
        case .subscribed, .handedOver, .closed: break
        }
    }

    /// Ends the connection within `delay` milliseconds, because the engine stops.
    func drain(within delay: Int) {
        switch state {
        case .readingHead(let head) where !head.reader.hasStarted: close()
        case .subscribed(let subscriber): hub.schedule(subscriber, inMilliseconds: delay)
        default: break
        }
    }
}
