import NIOCore
import NIOHTTP1

/// Takes the requests of a direct route out of the stream of those that go to the router, and puts the responses in.
///
/// These are the requests that ``PlainRequestHandler`` has left to the parser: that came in parts, say, or while a response was owed.
///
/// Responses go in the order of the requests: a request is only taken while the router owes no response, and while one is answered
/// here, what the client sends next is held, and no more of it is read.
final class DirectRouteHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case idle
        /// A request that may become a direct one; the router has not seen it.
        case collecting(HTTPRequestHead, ByteBuffer)
        case answering
    }

    private enum Held {
        case part(HTTPServerRequestPart)
        case event(Any)
        case error(any Error)
    }

    private let responder: DirectResponder
    private let loop: DirectLoop
    private let remoteAddress: SocketAddress?
    private var state = State.idle
    /// Requests that went to the router and have no response yet.
    private var routedCount = 0
    private var held = CircularBuffer<Held>()
    private var holdsRead = false
    private var isGiving = false
    private var isRemoved = false

    init(responder: DirectResponder, loop: DirectLoop, remoteAddress: SocketAddress?) {
        self.responder = responder
        self.loop = loop
        self.remoteAddress = remoteAddress
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        isRemoved = true
        held.removeAll()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        switch state {
        case .answering:
            held.append(.part(part))
        case .idle:
            if case .head(let head) = part {
                if routedCount == 0, responder.mayRespond(to: head) {
                    state = .collecting(head, ByteBuffer())
                    return
                }
                routedCount += 1
            }
            context.fireChannelRead(data)
        case .collecting(let head, var body):
            switch part {
            case .body(var buffer):
                // The body is no longer than its head has announced, which is little.
                state = .idle
                if body.readableBytes == 0 { body = buffer } else { body.writeBuffer(&buffer) }
                state = .collecting(head, body)
            case .end(nil):
                respond(to: head, body, context)
            case .head, .end:
                giveToRouter(context)
                channelRead(context: context, data: data)
            }
        }
    }

    private func respond(to head: HTTPRequestHead, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
        let start = ContinuousClock.now
        let request = responder.request(head, body, from: remoteAddress)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        let collected = state
        state = .answering
        let isTaken = responder.route.respond(to: request) { response in
            if eventLoop.inEventLoop {
                let (handler, context) = bound.value
                handler.write(response, to: request, since: start, context)
            } else {
                eventLoop.execute {
                    let (handler, context) = bound.value
                    handler.write(response, to: request, since: start, context)
                }
            }
        }
        guard !isTaken else { return }
        state = collected
        giveToRouter(context)
        context.fireChannelRead(wrapInboundOut(.end(nil)))
    }

    /// Lets the router have what was collected.
    private func giveToRouter(_ context: ChannelHandlerContext) {
        guard case .collecting(let head, let body) = state else { return }
        state = .idle
        routedCount += 1
        context.fireChannelRead(wrapInboundOut(.head(head)))
        if body.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(.body(body))) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .answering = state {
            // That the server shall close what is idle, say: this connection is not.
            held.append(.event(event))
        } else {
            giveToRouter(context)
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .answering = state {
            // What is wrong with the next request must not overtake the answer to this one.
            held.append(.error(error))
        } else {
            giveToRouter(context)
            context.fireErrorCaught(error)
        }
    }

    func read(context: ChannelHandlerContext) {
        if case .answering = state { holdsRead = true } else { context.read() }
    }

    // MARK: Responses

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data), routedCount > 0 { routedCount -= 1 }
        context.write(data, promise: promise)
    }

    private func write(
        _ response: DirectResponse, to request: DirectRequest, since start: ContinuousClock.Instant,
        _ context: ChannelHandlerContext
    ) {
        let date = loop.answered(request, response, since: start)
        // The client may have gone meanwhile.
        guard !isRemoved else { return }
        context.write(wrapOutboundOut(.head(responder.head(of: response, to: request, date: date))), promise: nil)
        if !response.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: response.body)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        state = .idle
        giveHeld(context)
        if holdsRead, !isAnswering {
            holdsRead = false
            context.read()
        }
    }

    private var isAnswering: Bool { if case .answering = state { true } else { false } }

    /// Goes on with what came meanwhile, up to the next request that is answered here.
    private func giveHeld(_ context: ChannelHandlerContext) {
        // An answer that is there at once comes here again, from within.
        guard !held.isEmpty, !isGiving else { return }
        isGiving = true
        defer { isGiving = false }
        while !isAnswering, let next = held.popFirst() {
            switch next {
            case .part(let part): channelRead(context: context, data: wrapInboundOut(part))
            case .event(let event): userInboundEventTriggered(context: context, event: event)
            case .error(let error): errorCaught(context: context, error: error)
            }
        }
        context.fireChannelReadComplete()
    }
}
