import NIOCore
import NIOHTTP1
import PushModels

/// Turns requests into HTTP parts and HTTP parts into whole answers, and watches that answers come.
final class PushStreamChannelHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = PushStreamResponse
    typealias OutboundIn = PushStreamRequest
    typealias OutboundOut = HTTPClientRequestPart

    private let host: String
    private let answerTimeout: TimeAmount
    private let maximumBodySize: Int
    private var unanswered = 0
    private var lastProgress = NIODeadline.now()
    private var watch: Scheduled<Void>?
    private var response: PushStreamResponse?

    /// - Parameters:
    ///   - answerTimeout: the longest silence while requests are in flight.
    ///   - maximumBodySize: of one answer, in bytes.
    init(host: String, answerTimeout: TimeAmount, maximumBodySize: Int) {
        self.host = host
        self.answerTimeout = answerTimeout
        self.maximumBodySize = maximumBodySize
    }

    // MARK: Requests

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let request = self.unwrapOutboundIn(data)
        context.write(self.wrapOutboundOut(.head(request.head(host: self.host))), promise: nil)
        if let body = request.body {
            context.write(self.wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(string: body)))), promise: nil)
        }
        context.write(self.wrapOutboundOut(.end(nil)), promise: promise)
        if self.unanswered == 0 {
            self.lastProgress = context.eventLoop.now
            self.watchAnswers(context: context)
        }
        self.unanswered += 1
    }

    // MARK: Answers

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.lastProgress = context.eventLoop.now
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            self.response = PushStreamResponse(
                status: Int(head.status.code), instance: head.headers.first(name: PushStreamHeaders.instance),
                keepsAlive: head.isKeepAlive, body: ByteBuffer())
        case .body(var body):
            guard let length = self.response?.body.readableBytes, length + body.readableBytes <= self.maximumBodySize else {
                self.fail(context: context, PushStreamError.bodyTooLarge(limit: self.maximumBodySize))
                return
            }
            self.response?.body.writeBuffer(&body)
        case .end:
            guard let response = self.response else { return }
            self.response = nil
            self.unanswered -= 1
            context.fireChannelRead(self.wrapInboundOut(response))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.fail(context: context, error)
    }

    private func fail(context: ChannelHandlerContext, _ error: any Error) {
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }

    // MARK: Silence

    /// One timer for all requests: it looks again when the latest progress would have lasted long enough.
    private func watchAnswers(context: ChannelHandlerContext) {
        guard self.watch == nil else { return }
        let box = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        self.watch = context.eventLoop.scheduleTask(deadline: self.lastProgress + self.answerTimeout) {
            let (handler, context) = box.value
            handler.watch = nil
            guard handler.unanswered > 0 else { return }
            if context.eventLoop.now - handler.lastProgress >= handler.answerTimeout {
                handler.fail(context: context, PushStreamError.noAnswer(after: .nanoseconds(handler.answerTimeout.nanoseconds)))
            } else {
                handler.watchAnswers(context: context)
            }
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.watch?.cancel()
        self.watch = nil
    }
}
