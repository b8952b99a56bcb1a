import NIOCore
import PushModels

/// Who publishes over a connection. All calls come on the connection's event loop.
protocol PublishDelegate: AnyObject {
    /// The answer to the oldest publish that has none.
    ///
    /// - Returns: whether later answers of this connection can be trusted; otherwise it ends.
    func answered(_ response: PushStreamResponse) -> Bool
    /// All answers that have come were given.
    func answersWereRead()
}

/// Writes requests, gives each answer to whom it belongs, and watches that answers come.
///
/// First the connection is asked questions; once ``publish(for:)`` was called it takes publishes and nothing else.
final class PushStreamChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Bytes that a publish with a short message takes.
    private static let publishSize = 256

    private let writer: RequestWriter
    private let answerTimeout: TimeAmount
    private var reader: AnswerReader
    private var context: ChannelHandlerContext?
    private var questions = CircularBuffer<EventLoopPromise<PushStreamResponse>>()
    private var delegate: (any PublishDelegate)?
    private var unanswered = 0
    private var lastProgress = NIODeadline.now()
    private var watch: Scheduled<Void>?
    private let ended: EventLoopPromise<Void>
    private var hasEnded = false

    /// - Parameters:
    ///   - host: the value of `Host`.
    ///   - answerTimeout: the longest silence while requests are in flight.
    init(host: String, answerTimeout: TimeAmount, limits: AnswerReader.Limits = .init(), eventLoop: any EventLoop) {
        self.writer = RequestWriter(host: host)
        self.answerTimeout = answerTimeout
        self.reader = AnswerReader(limits: limits)
        self.ended = eventLoop.makePromise()
    }

    /// Succeeds when either side has closed the connection in order, and fails with the reason otherwise.
    var endedFuture: EventLoopFuture<Void> { self.ended.futureResult }

    // MARK: Requests

    /// - Parameter promise: gets the answer, or why there is none.
    func ask(_ question: PushStreamQuestion, promise: EventLoopPromise<PushStreamResponse>) {
        guard !self.hasEnded, self.delegate == nil, let context = self.context else {
            return promise.fail(PushStreamError.connectionClosed)
        }
        self.questions.append(promise)
        var buffer = context.channel.allocator.buffer(capacity: Self.publishSize)
        self.writer.write(question, to: &buffer)
        self.send(buffer, count: 1, context: context)
    }

    /// Gives all answers from now on to `delegate`, without their bodies. Only while no question is open.
    ///
    /// - Returns: whether the connection is open.
    func publish(for delegate: any PublishDelegate) -> Bool {
        guard !self.hasEnded, self.questions.isEmpty else { return false }
        self.reader.keepsBodies = false
        self.delegate = delegate
        return true
    }

    /// Whether ``send(_:)`` would reach push-stream, as far as is known.
    var isOpen: Bool { !self.hasEnded && self.context != nil }

    /// Sends publishes in one write. What they are together is the sender's to bound.
    func send(_ publishes: [PublishRequest]) {
        guard !self.hasEnded, let context = self.context, !publishes.isEmpty else { return }
        let size = publishes.count == 1 ? max(Self.publishSize, publishes[0].size) : publishes.reduce(0) { $0 + $1.size }
        var buffer = context.channel.allocator.buffer(capacity: size)
        for publish in publishes { self.writer.write(publish, to: &buffer) }
        self.send(buffer, count: publishes.count, context: context)
    }

    private func send(_ buffer: ByteBuffer, count: Int, context: ChannelHandlerContext) {
        if self.unanswered == 0 {
            self.lastProgress = context.eventLoop.now
            self.watchAnswers(context: context)
        }
        self.unanswered += count
        context.writeAndFlush(self.wrapOutboundOut(buffer), promise: nil)
    }

    // MARK: Answers

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.hasEnded else { return }
        // The last answer may end the connection, and with it the handler.
        let delegate = self.delegate
        self.lastProgress = context.eventLoop.now
        self.unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            var rest = bytes
            while !self.hasEnded, rest.count > 0 {
                let (consumed, outcome) = self.reader.read(rest)
                rest = UnsafeRawBufferPointer(rebasing: rest[consumed...])
                switch outcome {
                case .needsMore: break
                case .answer(let response): self.take(response)
                case .failure(let error): self.end(error)
                }
            }
        }
        delegate?.answersWereRead()
    }

    private func take(_ response: PushStreamResponse) {
        guard self.unanswered > 0 else { return self.end(PushStreamError.unexpectedAnswer) }
        self.unanswered -= 1
        if let question = self.questions.popFirst() {
            question.succeed(response)
            if !response.keepsAlive { self.end(nil) }
        } else if let delegate = self.delegate {
            if !delegate.answered(response) || !response.keepsAlive { self.end(nil) }
        } else {
            self.end(PushStreamError.unexpectedAnswer)
        }
    }

    // MARK: The end

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.end(nil)
        self.context = nil
        self.delegate = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !self.hasEnded, case .answer(let response) = self.reader.inputEnded() {
            self.take(response)
            self.delegate?.answersWereRead()
        }
        self.end(nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { self.end(error) }

    /// Closes the connection; the first reason counts. Nothing is written or given to anybody after it.
    ///
    /// - Parameter error: `nil` for an end that is in order.
    func end(_ error: (any Error)?) {
        guard !self.hasEnded else { return }
        self.hasEnded = true
        self.watch?.cancel()
        self.watch = nil
        while let question = self.questions.popFirst() { question.fail(error ?? PushStreamError.connectionClosed) }
        if let error { self.ended.fail(error) } else { self.ended.succeed() }
        self.context?.close(promise: nil)
    }

    // MARK: Silence

    /// One timer for all requests: it looks again when the latest progress would have lasted long enough.
    private func watchAnswers(context: ChannelHandlerContext) {
        guard self.watch == nil else { return }
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        self.watch = context.eventLoop.scheduleTask(deadline: self.lastProgress + self.answerTimeout) {
            let (handler, context) = loopBound.value
            handler.watch = nil
            guard handler.unanswered > 0 else { return }
            if context.eventLoop.now - handler.lastProgress >= handler.answerTimeout {
                handler.end(PushStreamError.noAnswer(after: .nanoseconds(handler.answerTimeout.nanoseconds)))
            } else {
                handler.watchAnswers(context: context)
            }
        }
    }
}
