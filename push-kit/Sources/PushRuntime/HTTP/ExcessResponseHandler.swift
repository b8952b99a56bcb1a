import NIOCore
import NIOHTTP1

/// Drops responses to which there is no request.
///
/// When the input fails in the middle of a body, the request's handler answers, and then Hummingbird's connection loop, which
/// meets the same error again, answers once more. SwiftNIO's compressor ends the process on a response without a request.
final class ExcessResponseHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private var openRequests = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head = unwrapInboundIn(data) { openRequests += 1 }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard openRequests > 0 else {
            promise?.succeed()
            return
        }
        if case .end = unwrapOutboundIn(data) { openRequests -= 1 }
        context.write(data, promise: promise)
    }
}
