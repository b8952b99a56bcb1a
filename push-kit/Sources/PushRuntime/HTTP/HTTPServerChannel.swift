import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import Synchronization

/// Hummingbird's HTTP/1 channel with limits, deadlines, error answers and compression.
///
/// Hummingbird's own channel offers header limits and an idle timeout; it has no deadline for a request that trickles
/// in, leaves a connection open after it answered a parse error, and gives no place below its codec, where the
/// compressor belongs.
struct HTTPServerChannel: ServerChildChannel, HTTPChannelHandler {
    typealias Value = AcceptedConnection

    let responder: HTTPChannelHandler.Responder
    let limits: HTTPServerLimits
    let compresses: Bool
    let direct: DirectLoops?

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            let connection = HTTPConnectionHandler(limits: limits)
            let loop = direct?.loop(of: channel.eventLoop)
            if let direct, let loop {
                try pipeline.addHandler(
                    PlainRequestHandler(
                        responder: direct.responder, loop: loop, connection: connection, remoteAddress: channel.remoteAddress))
            }
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
                withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits.decoderLimits)
            try pipeline.addHandler(connection)
            if let direct, let loop {
                try pipeline.addHandler(
                    DirectRouteHandler(responder: direct.responder, loop: loop, remoteAddress: channel.remoteAddress))
            }
            if compresses {
                try pipeline.addHandler(HTTPResponseCompressor(responseCompressionPredicate: HTTPCompressionPolicy.predicate))
            }
            try pipeline.addHandler(ExcessResponseHandler())
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            // Closes connections between requests when the server drains.
            try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: nil, logger: logger))
            return AcceptedConnection(
                try NIOAsyncChannel(
                    wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
        }
    }

    func handle(value: Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopTaskExecutor(value.channel.eventLoop)) {
            await handleHTTP(asyncChannel: value.take(), logger: logger)
        }
    }
}

/// A connection that was accepted, and that may never be handled: a server that ends drops those that wait for their turn.
///
/// SwiftNIO ends the process when a channel's writer goes away without having been finished.
final class AcceptedConnection: ServerChildChannelValue {
    private let parts: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>
    private let isTaken = Atomic(false)

    init(_ parts: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>) {
        self.parts = parts
    }

    var channel: any Channel { self.parts.channel }

    /// For who handles the connection, and so closes it.
    func take() -> NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart> {
        self.isTaken.store(true, ordering: .relaxed)
        return self.parts
    }

    deinit {
        guard !self.isTaken.load(ordering: .relaxed) else { return }
        let parts = self.parts
        // What it may still throw concerns nobody.
        Task { try? await parts.executeThenClose { _, _ in } }
    }
}

/// Which responses are worth compressing.
enum HTTPCompressionPolicy {
    /// Below this a gzip header and a checksum cost more than they save.
    static let minimumLength = 1024

    static func predicate(
        head: inout HTTPResponseHead, isSupported: Bool
    ) -> HTTPResponseCompressor.CompressionIntent {
        guard isText(head.headers.first(name: "Content-Type")), !head.headers.contains(name: "Content-Encoding") else {
            return .doNotCompress
        }
        if let length = head.headers.first(name: "Content-Length").flatMap({ Int($0) }), length < minimumLength {
            return .doNotCompress
        }
        // A cache must not hand a compressed body to a client that did not ask for it.
        head.headers.add(name: "Vary", value: "Accept-Encoding")
        return .compressIfPossible
    }

    /// Never a stream of events: the compressor would hold events back.
    private static func isText(_ contentType: String?) -> Bool {
        guard let type = contentType?.split(separator: ";").first?.lowercased(), type != "text/event-stream" else { return false }
        return type.hasPrefix("text/") || ["application/json", "application/javascript", "image/svg+xml"].contains(type)
    }
}
