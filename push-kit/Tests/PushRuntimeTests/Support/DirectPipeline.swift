import Foundation
import Hummingbird
import Metrics
import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import PushRuntime

/// The handlers of a connection with a direct route, in front of one that answers what they leave to it, without sockets: what is sent
/// comes in exactly the pieces that the test chooses.
final class DirectPipeline {
    /// Answers at once, or when the test says so; declines bodies that begin with `routed`.
    final class Route: DirectRoute, @unchecked Sendable {
        let method = HTTPMethod.POST
        let path = "/sample"
        let maximumBodySize = 400
        let fieldNames = ["X-Read", "Authorization"]
        let isSlow: Bool
        /// Of the thread that runs the test only, as all of an embedded channel is.
        var waiting: [(text: String, answer: @Sendable (DirectResponse) -> Void)] = []
        var takenCount = 0

        init(isSlow: Bool) { self.isSlow = isSlow }

        func respond(to request: DirectRequest, _ answer: @escaping @Sendable (DirectResponse) -> Void) -> Bool {
            let text = String(buffer: request.body)
            guard !text.hasPrefix("routed") else { return false }
            takenCount += 1
            let read = fieldNames.flatMap { name in request.values(of: name).map { "\(name)=\($0)" } }.joined(separator: "|")
            if isSlow { waiting.append(("\(text) \(read)", answer)) } else { Self.give("\(text) \(read)", answer) }
            return true
        }

        func answerOne() -> Bool {
            guard !waiting.isEmpty else { return false }
            let (text, answer) = waiting.removeFirst()
            Self.give(text, answer)
            return true
        }

        private static func give(_ text: String, _ answer: (DirectResponse) -> Void) {
            if text.hasPrefix("empty") {
                answer(DirectResponse(status: .noContent, headers: [("X-Late", "yes")]))
            } else {
                answer(DirectResponse(status: .ok, headers: [("Content-Type", "text/plain")], body: Array(text.utf8)))
            }
        }
    }

    /// Stands for the router.
    private final class Echo: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private var head: HTTPRequestHead?
        private var body = ByteBuffer()

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body.clear()
            case .body(var part): body.writeBuffer(&part)
            case .end:
                guard let head else { return }
                let fields = head.headers.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
                let text = "\(head.method) \(head.uri) \(fields) \(String(buffer: body))"
                let headers: HTTPHeaders = ["Content-Length": "\(text.utf8.count)"]
                context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: .ok, headers: headers))), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            guard error is HTTPParserError else { return context.close(promise: nil) }
            context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: .badRequest))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    private static let securityHeaders = SecurityHeadersMiddleware<BasicRequestContext>().allFields

    let channel = EmbeddedChannel()
    let route: Route

    /// - Parameter readsPlainRequests: `false` for the general way alone.
    init(readsPlainRequests: Bool, isSlow: Bool = false) throws {
        route = Route(isSlow: isSlow)
        let responder = DirectResponder(
            route: route, logger: .quiet, metrics: NOOPMetricsHandler.instance, securityHeaders: Self.securityHeaders)
        let loop = DirectLoop(responder, eventLoop: channel.eventLoop)
        let limits = HTTPServerLimits()
        let connection = HTTPConnectionHandler(limits: limits)
        let pipeline = channel.pipeline.syncOperations
        if readsPlainRequests {
            try pipeline.addHandler(
                PlainRequestHandler(responder: responder, loop: loop, connection: connection, remoteAddress: nil))
        }
        try pipeline.configureHTTPServerPipeline(
            withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
            withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits.decoderLimits)
        try pipeline.addHandler(connection)
        try pipeline.addHandler(DirectRouteHandler(responder: responder, loop: loop, remoteAddress: nil))
        try pipeline.addHandler(Echo())
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    }

    func send(_ bytes: some Sequence<UInt8>) {
        // An error that reaches the end of the pipeline shows in what is answered.
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    /// All that was answered since the last call, without what differs from answer to answer; `closed` if the connection was.
    func answers() throws -> [UInt8] {
        while route.answerOne() {}
        var answers: [UInt8] = []
        while let part = try channel.readOutbound(as: IOData.self) {
            guard case .byteBuffer(let buffer) = part else { continue }
            answers += buffer.readableBytesView
        }
        blank(&answers, after: Self.date, count: 29) { _ in true }
        blank(&answers, after: Self.requestID, count: 32) { $0.allSatisfy { Self.hexadecimal.contains($0) } }
        return answers + (channel.isActive ? [] : Array("closed".utf8))
    }

    private static let date = Array("\r\nDate: ".utf8)
    private static let requestID = Array("\r\nX-Request-ID: ".utf8)
    private static let hexadecimal = Set("0123456789abcdef".utf8)

    private func blank(_ text: inout [UInt8], after name: [UInt8], count: Int, if isGenerated: (ArraySlice<UInt8>) -> Bool) {
        var rest = text[...]
        while let start = rest.firstIndex(of: 0x0D) {
            rest = text[(start + 1)...]
            let value = start + name.count..<start + name.count + count
            guard value.upperBound <= text.count, text[start..<value.lowerBound].elementsEqual(name), isGenerated(text[value])
            else {
                continue
            }
            for index in value { text[index] = UInt8(ascii: "-") }
            rest = text[value.upperBound...]
        }
    }

    func finish() { _ = try? channel.finish(acceptAlreadyClosed: true) }
}
