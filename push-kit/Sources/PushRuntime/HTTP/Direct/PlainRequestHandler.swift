import NIOCore
import NIOHTTP1

/// Answers the plain requests of a direct route before they reach the HTTP parser, in bytes that are put together once.
///
/// It stands first in the pipeline. What it does not take goes on untouched, so that everything else is as without it. Two things have
/// to be known for that: that no response is owed for an earlier request, which ``HTTPConnectionHandler`` knows, and that the next byte
/// is a request's first, which follows from the plain requests' lengths, and from what the parser has made of other bytes.
///
/// While a request is answered, and while the client does not take its answers, what else it sends is held, and no more of it is read.
final class PlainRequestHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private enum Position {
        /// The next byte is the first of a request.
        case start
        /// The parser has a request of which so many bytes are still to come.
        case within(Int)
        /// Only the parser knows.
        case unknown
    }

    private enum Held {
        case bytes(ByteBuffer)
        case event(Any)
        case error(any Error)
    }

    private let responder: DirectResponder
    private let loop: DirectLoop
    private let connection: HTTPConnectionHandler
    private let remoteAddress: SocketAddress?
    private var position = Position.start
    private var isAnswering = false
    private var held = CircularBuffer<Held>()
    private var holdsRead = false
    private var isGiving = false
    private var isRemoved = false

    /// - Parameters:
    ///   - connection: The handler behind the parser of the same pipeline.
    ///   - remoteAddress: The other end of the connection.
    init(
        responder: DirectResponder, loop: DirectLoop, connection: HTTPConnectionHandler, remoteAddress: SocketAddress?
    ) {
        self.responder = responder
        self.loop = loop
        self.connection = connection
        self.remoteAddress = remoteAddress
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        isRemoved = true
        held.removeAll()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if mustHold { held.append(.bytes(bytes)) } else { take(bytes, context) }
    }

    private var mustHold: Bool { isAnswering || !held.isEmpty }

    /// Takes bytes in their turn. What has to wait goes to the front of what is held.
    private func take(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        var bytes = bytes
        while bytes.readableBytes > 0 {
            switch position {
            case .start:
                let reader = responder.reader
                switch bytes.withUnsafeReadableBytes({ reader.read($0) }) {
                case .direct(let request) where connection.isIdle:
                    // Answers to a client that reads none would fill the memory.
                    guard context.channel.isWritable else { return held.prepend(.bytes(bytes)) }
                    guard let whole = bytes.readSlice(length: request.length) else { return }
                    if respond(to: request, whole, context) {
                        guard isAnswering else { continue }
                        if bytes.readableBytes > 0 { held.prepend(.bytes(bytes)) }
                        return
                    }
                    give(whole, of: request.length, context)
                case .direct(let request):
                    give(bytes.readSlice(length: request.length), of: request.length, context)
                case .plain(let length):
                    give(bytes.readSlice(length: min(length, bytes.readableBytes)), of: length, context)
                case .other:
                    return giveUnknown(bytes, context)
                }
            case .within(let missing):
                let length = min(missing, bytes.readableBytes)
                position = length < missing ? .within(missing - length) : .start
                if let part = bytes.readSlice(length: length) { context.fireChannelRead(wrapInboundOut(part)) }
                confirmStart()
            case .unknown:
                return giveUnknown(bytes, context)
            }
        }
    }

    /// Gives the parser a request, or its beginning with the whole head.
    private func give(_ bytes: ByteBuffer?, of length: Int, _ context: ChannelHandlerContext) {
        guard let bytes else { return }
        let requestCount = connection.requestCount
        position = bytes.readableBytes < length ? .within(length - bytes.readableBytes) : .start
        context.fireChannelRead(wrapInboundOut(bytes))
        if connection.requestCount == requestCount { position = .unknown }
        confirmStart()
    }

    /// The parser cannot have found another length. If it had, requests and answers would get out of step.
    private func confirmStart() {
        if case .start = position, connection.isReadingBody { position = .unknown }
    }

    /// After a whole request an empty line can only be the end of that request, or lines that the parser skips: if it were the end of
    /// another head, the parser would have told of it.
    private func giveUnknown(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        position = .unknown
        context.fireChannelRead(wrapInboundOut(bytes))
        let end = [0x0D, 0x0A, 0x0D, 0x0A] as [UInt8]
        if connection.isBetweenRequests, bytes.readableBytesView.suffix(end.count).elementsEqual(end) { position = .start }
    }

    /// - Returns: `false` if the request is the parser's.
    private func respond(to request: PlainRequestReader.Request, _ whole: ByteBuffer, _ context: ChannelHandlerContext) -> Bool {
        var body = whole
        body.moveReaderIndex(forwardBy: request.bodyStart)
        let start = ContinuousClock.now
        let direct = responder.request(request.fields, id: request.id, body, from: remoteAddress)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        isAnswering = true
        connection.beginRequest()
        let isTaken = responder.route.respond(to: direct) { response in
            if eventLoop.inEventLoop {
                let (handler, context) = bound.value
                handler.write(response, to: direct, since: start, context)
            } else {
                eventLoop.execute {
                    let (handler, context) = bound.value
                    handler.write(response, to: direct, since: start, context)
                }
            }
        }
        if !isTaken {
            isAnswering = false
            connection.withdrawRequest()
        }
        return isTaken
    }

    // MARK: Events

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // That the server shall close what is idle, say: a connection whose request is being answered is not.
        if mustHold { held.append(.event(event)) } else { context.fireUserInboundEventTriggered(event) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if mustHold { held.append(.error(error)) } else { context.fireErrorCaught(error) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        context.fireChannelWritabilityChanged()
        if context.channel.isWritable { goOn(context) }
    }

    /// What comes while a request is answered is seldom more than nothing, so reading stops only when there is something: to stop and to
    /// go on are two system calls.
    func read(context: ChannelHandlerContext) {
        if held.isEmpty { context.read() } else { holdsRead = true }
    }

    // MARK: Responses

    private func write(
        _ response: DirectResponse, to request: DirectRequest, since start: ContinuousClock.Instant,
        _ context: ChannelHandlerContext
    ) {
        let date = loop.answered(request, response, since: start)
        // The client may have gone meanwhile.
        guard !isRemoved else { return }
        if case .event(let event) = held.first, case .some(.inputClosed) = event as? ChannelEvent { connection.inputClosed() }
        var buffer = context.channel.allocator.buffer(capacity: 512 + response.body.count)
        responder.write(response, to: request, date: date, closes: connection.beginResponse(), into: &buffer)
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(buffer)), promise: nil)
        isAnswering = false
        connection.endResponse()
        goOn(context)
    }

    /// Goes on with what came meanwhile, up to the next request that is answered here.
    private func goOn(_ context: ChannelHandlerContext) {
        // An answer that is there at once comes here again, from within.
        guard !isGiving, !isAnswering else { return }
        if !held.isEmpty {
            isGiving = true
            while !isAnswering, context.channel.isWritable, let next = held.popFirst() {
                switch next {
                case .bytes(let bytes): take(bytes, context)
                case .event(let event): context.fireUserInboundEventTriggered(event)
                case .error(let error): context.fireErrorCaught(error)
                }
            }
            isGiving = false
            context.fireChannelReadComplete()
        }
        if holdsRead, held.isEmpty {
            holdsRead = false
            context.read()
        }
    }
}
