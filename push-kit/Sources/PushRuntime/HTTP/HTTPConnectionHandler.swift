import HTTPTypes
import NIOCore
import NIOHTTP1

/// Performs what `HTTPConnectionStateMachine` decides. It sits between SwiftNIO's HTTP/1 codec and everything else.
final class HTTPConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let limits: HTTPServerLimits
    private var machine = HTTPConnectionStateMachine()
    private var current = HTTPConnectionStateMachine.Deadline.none
    private var dueAt: NIODeadline = .distantFuture
    private var timer: (task: Scheduled<Void>, at: NIODeadline)?
    private var writeTimer: Scheduled<Void>?
    private var context: ChannelHandlerContext?
    private var knowsInputClosed = false

    init(limits: HTTPServerLimits) {
        self.limits = limits
    }

    // MARK: Connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { updateDeadline(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        cancelTimers()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        updateDeadline(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        machine.channelInactive()
        cancelTimers()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent { inputClosed() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        writeTimer?.cancel()
        writeTimer = nil
        if !context.channel.isWritable {
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            writeTimer = context.eventLoop.scheduleTask(in: limits.writeTimeout) {
                let (handler, context) = bound.value
                handler.writeTimer = nil
                context.close(promise: nil)
            }
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let action =
            switch unwrapInboundIn(data) {
            case .head(let head):
                machine.requestHead(
                    version: head.version, keepAlive: head.isKeepAlive,
                    mayLeaveHTTP: head.method == .CONNECT || head.headers.contains(name: "Upgrade"))
            case .body: machine.requestBody()
            case .end: machine.requestEnd()
            }
        if action == .forward {
            context.fireChannelRead(data)
        } else {
            perform(action, context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        updateDeadline(context)
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let error as HTTPParserError:
            let action = machine.parseError(error)
            if action == .forward {
                context.fireErrorCaught(error)
            } else {
                perform(action, context)
            }
            updateDeadline(context)
        case is ByteToMessageDecoderError:
            // What arrives after the bytes that could not be parsed.
            break
        default:
            context.fireErrorCaught(error)
        }
    }

    // MARK: Responses

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.code >= 200:
            let edit = machine.responseHead()
            head.version = edit.version
            if edit.closes { head.headers.replaceOrAdd(name: "Connection", value: "close") }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            context.write(data, promise: promise)
            let action = machine.responseEnd()
            if action != .none {
                context.flush()
                perform(action, context)
            }
            updateDeadline(context)
        default:
            context.write(data, promise: promise)
        }
    }

    // MARK: Requests that the parser does not see

    var isIdle: Bool { machine.isIdle }
    var isBetweenRequests: Bool { machine.isBetweenRequests }
    var isReadingBody: Bool { machine.isReadingBody }
    var requestCount: Int { machine.requestCount }

    /// A whole request has come that is answered without the parser. To be called while the connection is idle only.
    func beginRequest() {
        _ = machine.requestHead(version: .http1_1, keepAlive: true)
        _ = machine.requestEnd()
    }

    /// That request is the parser's after all.
    func withdrawRequest() { machine.withdrawRequest() }

    /// - Returns: Whether the response has to say that the connection closes.
    func beginResponse() -> Bool { machine.responseHead().closes }

    /// The response has been written.
    func endResponse() {
        guard let context else { return }
        perform(machine.responseEnd(), context)
        updateDeadline(context)
    }

    /// The client has sent all that it will send. The event may come later.
    func inputClosed() {
        guard !knowsInputClosed, let context else { return }
        knowsInputClosed = true
        perform(machine.inputClosed(), context)
    }

    // MARK: Actions

    private func perform(_ action: HTTPConnectionStateMachine.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .none, .forward: break
        case .respond(let error):
            respond(to: error, context)
            linger(context)
        case .linger: linger(context)
        case .close: context.close(promise: nil)
        case .failBody: context.fireErrorCaught(RequestTimeoutError())
        }
    }

    /// Closing at once would make the kernel reset the connection while the client still sends, and the client would
    /// lose the response.
    private func linger(_ context: ChannelHandlerContext) {
        context.close(mode: .output, promise: nil)
        updateDeadline(context)
    }

    private func respond(to error: HTTPParserError, _ context: ChannelHandlerContext) {
        let answer = Self.answer(to: error)
        let body = context.channel.allocator.buffer(bytes: answer.body)
        var headers: HTTPHeaders = [
            "Content-Type": "application/json; charset=utf-8", "Content-Length": String(body.readableBytes),
            "Connection": "close", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
        ]
        for field in answer.headers { headers.add(name: field.name.rawName, value: field.value) }
        let status = HTTPResponseStatus(statusCode: answer.status.code)
        context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    static func answer(to error: HTTPParserError) -> APIError {
        switch error {
        case .headerOverflow: APIError(.requestHeaderFieldsTooLarge)
        // The parser stops at a method that it does not know, before it has read a path.
        case .invalidMethod:
            APIError(.methodNotAllowed, headers: [.allow: "DELETE, GET, HEAD, OPTIONS, POST, PUT"])
        case .invalidVersion: APIError(.httpVersionNotSupported)
        default: APIError(.badRequest, message: "The request is malformed or incomplete")
        }
    }

    // MARK: Deadlines

    /// One timer for the whole connection: it is moved when it fires too early, not with each request.
    private func updateDeadline(_ context: ChannelHandlerContext) {
        let deadline = machine.deadline
        guard deadline != current else { return }
        current = deadline
        let timeout: TimeAmount
        switch deadline {
        case .none:
            dueAt = .distantFuture
            return
        case .firstHead: timeout = limits.headTimeout
        case .body: timeout = limits.bodyTimeout
        case .idle: timeout = limits.idleTimeout
        case .linger: timeout = limits.lingerTimeout
        }
        dueAt = .now() + timeout
        if let timer, timer.at <= dueAt { return }
        timer?.task.cancel()
        schedule(context)
    }

    private func schedule(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let at = dueAt
        let task = context.eventLoop.scheduleTask(deadline: at) {
            let (handler, context) = bound.value
            handler.timerFired(context)
        }
        timer = (task, at)
    }

    private func timerFired(_ context: ChannelHandlerContext) {
        timer = nil
        if dueAt == .distantFuture { return }
        if NIODeadline.now() < dueAt {
            schedule(context)
            return
        }
        dueAt = .distantFuture
        let reached = current
        current = .none
        perform(machine.deadlineReached(reached), context)
        updateDeadline(context)
    }

    private func cancelTimers() {
        timer?.task.cancel()
        timer = nil
        writeTimer?.cancel()
        writeTimer = nil
        dueAt = .distantFuture
    }
}
