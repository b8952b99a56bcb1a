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
        /// A file is looked for, read or sent; nothing is read from the client meanwhile.
        case sendingFile(FileTransfer)
        /// The response is out, and what the client still sends is thrown away, so that it gets to read the response.
        case lingering
        case closed
    }

    /// How long a connection lingers, in milliseconds (Nginx's `lingering_timeout`).
    static let lingeringTime = 5000
    /// Bytes that a client may send ahead while a subscriber is served.
    static let pendingLimit = 64 * 1024
    /// Milliseconds that a publisher waits when an event loop lags behind.
    static let backlogPause: Int64 = 10
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
    var isPaused = false
    private var readIsDue = false
    /// Whether the client has ended its side of the connection.
    private(set) var hasInputEnded = false
    /// What the connection knows of its output that waits.
    var waiting = WaitingOutput()
    private(set) var requests = 0
    /// Whether its last request was a publisher's.
    var feedsSubscribers = false
    private(set) var identity = ConnectionIdentity(serial: 0, started: 0)
    private var addresses: ConnectionAddresses?
    var connectionIndex = -1
    /// What the connection was before NIO got it.
    private var resumed: Resumed?

    /// Set while NIO does not know the connection yet.
    let opening: OpeningConnection?
    /// Set when the connection ends: whether what the client still sends is read.
    var lingers: Bool?

    init(hub: LoopHub, listener: LoopListener, resumed: Resumed? = nil, opening: OpeningConnection? = nil) {
        self.hub = hub
        self.listener = listener
        tls = resumed?.tls
        self.resumed = resumed
        self.opening = opening
        if let opening { identity = opening.identity }
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
        guard let resumed else { return }
        self.resumed = nil
        hub.updateTime()
        requests = resumed.requests
        identity = resumed.identity
        waiting.timeout = listener.current.defaultServer.settings.fallback.settings.sendTimeout
        hub.add(self)
        output = resumed.output
        if let lingers = resumed.lingers { return endConnection(lingers: lingers) }
        nextRequest(keepAliveTime: resumed.keepAliveTime)
        pending = resumed.ahead
        handlePending()
        hub.deliverAhead()
        writeOutput()
    }

    func newHead() -> State { .readingHead(PendingHead(listener.current)) }

    /// The next request meets the new configuration. Where that no longer has the address, there is none.
    func configurationChanged() {
        guard case .readingHead(let head) = state, !head.reader.hasStarted else { return }
        if listener.isClosed { endConnection(lingers: false) } else { state = newHead() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let subscriber { hub.leave(subscriber, reason: .clientClosed) }
        abandon(400)
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
        log(.info, "connection failed (\(error))")
        context.close(promise: nil)
    }

    func close() {
        if let subscriber {
            state = .closed
            hub.leave(subscriber, reason: .clientClosed)
        }
        abandon(400)
        state = .closed
        channel?.close(promise: nil)
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        process(&buffer)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        hub.deliverAhead()
        writeOutput()
    }

    /// Reads go through here, so that a client that does not take its responses cannot send more requests.
    func read(context: ChannelHandlerContext) {
        if isPaused { readIsDue = true } else { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        resume(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed {
            hasInputEnded = true
            endIfInputEnded()
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// A client that has ended its side gets the answers to all that it has sent. Then nothing is left to wait for.
    private func endIfInputEnded() {
        guard hasInputEnded else { return }
        if case .lingering = state, unsentBytes == 0 { channel?.close(promise: nil) }
        if isPaused || pending != nil, subscriber == nil { return }
        switch state {
        case .readingHead, .readingBody:
            abandon(400)
            endConnection(lingers: false)
        // As with nginx: whoever listens must not have ended the connection.
        case .subscribed(let subscriber):
            hub.leave(subscriber, reason: .clientClosed)
            endConnection(lingers: false)
        case .sendingFile, .handedOver, .lingering, .closed: break
        }
    }

    private func process(_ buffer: inout ByteBuffer) {
        let before = requests
        while buffer.readableBytes > 0 {
            if requests != before, case .readingHead(let head) = state, !head.reader.hasStarted { head.isPipelined = true }
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
                    if subscriber.profile.key.publishes, hub.context.store.isCongested { pauseForBacklog() }
                } else {
                    hold(&buffer)
                }
                return
            case .sendingFile:
                hold(&buffer)
                return
            case .handedOver(let socket):
                buffer.withUnsafeReadableBytes { socket.receive($0) }
                return
            case .lingering, .closed: return
            }
            if hub.context.store.isCongested { pauseForBacklog() }
            if let output, output.readableBytes > Self.outputBatch { writeOutput() }
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
        if case .sendingFile = state { return }
        isPaused = false
        handlePending()
        hub.deliverAhead()
        writeOutput()
        endIfInputEnded()
        if readIsDue, !isPaused {
            readIsDue = false
            context.read()
        }
    }

    /// Goes on reading after a file, unless another is being sent by now.
    func resumeReading() {
        if let context { resume(context) }
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
            if !hadStarted {
                head.started = hub.updateTime()
                hub.schedule(self, inMilliseconds: head.listener.defaultServer.settings.headerTimeout)
            }
        case .failure(let failure): refuse(failure, head)
        case .head(let request): begin(request, head, isLast: buffer.readableBytes == 0)
        }
    }

    /// - Parameter isLast: whether nothing that comes after the head has come yet.
    private func begin(_ head: RequestHead, _ reading: PendingHead, isLast: Bool) {
        hub.metrics.requests.wrappingAdd(1, ordering: .relaxed)
        let pending = PendingRequest(beginRequest(head, reading))
        if tls != nil, tls?.session == nil { return refusePlain(pending.request) }
        if pending.body.isTooLarge {
            log(.error, "client intended to send too large body", pending.request)
            return fail(413, pending.request, unread: true)
        }
        guard admit(pending.request, unread: head.body != .none) else { return }
        if head.body == .none {
            handle(pending.request)
            return
        }
        if !pending.request.isAllowed {
            log(.error, "access forbidden by rule", pending.request)
            return fail(403, pending.request, unread: true)
        }
        if head.expectsContinue { append { $0.writeString("HTTP/1.1 100 Continue\r\n\r\n") } }
        state = .readingBody(pending)
        // Most bodies come with their heads and need no timer.
        if isLast { hub.schedule(self, inMilliseconds: pending.request.location.bodyTimeout) }
    }

    private func readBody(_ pending: PendingRequest, _ buffer: inout ByteBuffer) {
        let (consumed, outcome) = buffer.withUnsafeReadableBytes { pending.body.read($0) }
        buffer.moveReaderIndex(forwardBy: consumed)
        pending.request.variables.request.bodyLength += consumed
        switch outcome {
        case .needsMore: hub.schedule(self, inMilliseconds: pending.request.location.bodyTimeout)
        case .failure(let failure):
            if failure == .bodyTooLarge {
                log(.error, "client intended to send too large chunked body", pending.request)
            } else {
                log(.info, "client sent invalid chunked body", pending.request)
            }
            if pending.request.location.errorPage(failure.status) != nil {
                return fail(failure.status, pending.request, unread: true)
            }
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

    /// Counts the next request of the connection and chooses its location.
    func beginRequest(_ head: RequestHead, _ reading: PendingHead) -> Request {
        hub.updateTime()
        requests += 1
        let server = reading.listener.server(of: head)
        let variables = RequestVariables(
            head: head, connection: connectionAddresses(), server: server, hostname: hub.context.hostname, now: hub.now,
            requestsOfConnection: requests, identity: identity, started: reading.started ?? hub.now, tls: tls?.session)
        variables.isPipelined = reading.isPipelined
        let request = Request(server.settings.route(path: head.path, request: variables))
        waiting.timeout = request.location.sendTimeout
        return request
    }

    func connectionAddresses() -> ConnectionAddresses {
        if let addresses { return addresses }
        let addresses =
            opening?.addresses ?? ConnectionAddresses(remote: channel?.remoteAddress, local: channel?.localAddress)
        self.addresses = addresses
        return addresses
    }

    // MARK: Answering

    /// Answers a request that is too broken to have a location.
    private func refuse(_ failure: HTTPFailure, _ reading: PendingHead) {
        let location = reading.listener.defaultServer.settings.fallback.settings
        let name = EngineVersion.serverName(showsVersion: location.serverTokens)
        hub.metrics.countResponse(failure.status)
        log(.info, "client sent invalid request (\(failure.status): \(failure))")
        let response = ErrorPage.response(failure, server: name)
        var bytes = 0
        append {
            let before = $0.readableBytes
            response.render(into: &$0, server: name, date: hub.httpDate, minorVersion: 1, isKeepAlive: false)
            bytes = $0.readableBytes - before
        }
        if case .bytes(let body) = response.body {
            logUnrouted(response, reading, bytes: bytes, headBytes: bytes - body.count, isComplete: true)
        }
        endConnection(lingers: true)
    }

    /// Writes a whole response and goes on with the next request, or ends the connection.
    ///
    /// - Parameter unread: whether a part of the request was left unread.
    func finish(_ response: HTTPResponse, of request: Request, unread: Bool = false) {
        var response = response
        if let status = request.errorStatus { response.status = status }
        let unread = unread || request.leavesUnread
        let isKeepAlive = !unread && keepsAlive(request) && !response.closes
        request.answersKeepAlive = isKeepAlive
        addHeaders(&response, request)
        response.omitsBody = request.head.method == .head
        let bytes = write(response, of: request)
        var bodyBytes = 0
        if case .bytes(let body) = response.body, !response.omitsBody, response.status != 204 { bodyBytes = body.count }
        record(response, of: request, bytes: bytes, headBytes: bytes - bodyBytes)
        if isKeepAlive {
            nextRequest(keepAliveTime: request.location.keepAliveTimeout)
        } else {
            // A client that does not expect the end may have sent another request: unread, it would turn the end into a reset.
            endConnection(lingers: unread || request.head.isKeepAlive)
        }
    }

    func keepsAlive(_ request: Request) -> Bool {
        feedsSubscribers = if case .publisher = request.location.handler { true } else { false }
        // Those who stay to the last get what is published meanwhile.
        let isWanted = hub.isDraining ? feedsSubscribers && hub.hasSubscribers : isListening
        return request.head.isKeepAlive && !request.leavesUnread && request.location.keepAliveTimeout > 0
            && requests < request.location.keepAliveRequests && isWanted
    }

    /// Renders a response, with its body unless that is a stream, into what is sent next.
    ///
    /// - Returns: bytes that it takes.
    func write(_ response: HTTPResponse, of request: Request) -> Int {
        var bytes = 0
        append {
            let before = $0.readableBytes
            response.render(
                into: &$0, server: request.serverName, date: hub.httpDate, minorVersion: request.head.minorVersion,
                isKeepAlive: request.answersKeepAlive)
            bytes = $0.readableBytes - before
        }
        return bytes
    }

    func addHeaders(_ response: inout HTTPResponse, _ request: Request) {
        response.keepAliveHeader = request.location.keepAliveHeader
        if request.location.addedHeaders.isEmpty { return }
        let outcome = RequestOutcome(
            started: request.variables.request.started, ended: hub.now, status: response.status,
            isKeepAlive: request.answersKeepAlive, response: response)
        let variables = AnsweredRequest(base: request.variables, outcome: outcome)
        for header in request.location.addedHeaders where header.always || HTTPStatus.takesAddedHeaders(response.status) {
            let value = HTTPResponse.sanitised(header.value.evaluate(variables))
            if !value.isEmpty { response.fields.append((header.name, value)) }
        }
    }

    // MARK: Time

    override func timerFired() {
        if takesOutput() { return }
        switch state {
        case .readingBody:
            logTimeout()
            abandon(408)
            state = .closed
            close()
        case .readingHead(let head):
            logTimeout()
            if head.reader.hasStarted { logUnrouted(HTTPResponse(408), head) }
            close()
        case .sendingFile(let transfer):
            let waiting = unsentBytes
            if waiting < transfer.waiting {
                transfer.waiting = waiting
                return hub.schedule(self, inMilliseconds: transfer.request.location.sendTimeout)
            }
            logTimeout()
            close()
        case .lingering:
            logTimeout()
            close()
        // A subscriber has a timer of its own.
        case .subscribed, .handedOver, .closed: break
        }
    }

    /// Ends the connection within `delay` milliseconds, because the engine stops.
    func drain(within delay: Int) {
        switch state {
        // A publisher's ends when the last subscriber has gone.
        case .readingHead where feedsSubscribers && hub.hasSubscribers: break
        case .readingHead(let head) where !head.reader.hasStarted: endConnection(lingers: false)
        case .subscribed(let subscriber): hub.schedule(subscriber, inMilliseconds: delay)
        default: break
        }
    }
}
