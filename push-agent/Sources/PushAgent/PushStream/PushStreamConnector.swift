import NIOCore
import NIOHTTP1
import NIOPosix

/// Opens connections to push-stream.
struct PushStreamConnector: Sendable {
    typealias Responses = NIOAsyncChannelInboundStream<PushStreamResponse>

    /// Publishing answers have about 150 bytes; 10,000 channels' statistics about 1.2 MB.
    private static let maximumBodySize = 64 * 1_024 * 1_024

    let address: PushStreamAddress
    let eventLoopGroup: any EventLoopGroup
    /// The longest that connecting may take, and the longest silence while requests are in flight.
    let timeout: Duration

    /// The same on one event loop.
    func on(_ eventLoop: any EventLoop) -> PushStreamConnector {
        PushStreamConnector(address: self.address, eventLoopGroup: eventLoop, timeout: self.timeout)
    }

    /// Connects, and closes the connection when `body` ends.
    ///
    /// - Throws: an I/O error, ``PushStreamError``, or what `body` throws.
    func withConnection<Result: Sendable>(
        _ body: (PushStreamConnection, Responses) async throws -> Result
    ) async throws -> Result {
        let timeout = TimeAmount.milliseconds(max(1, self.timeout.milliseconds))
        let host = self.address.hostHeader
        let bootstrap = ClientBootstrap(group: self.eventLoopGroup)
            // NIO sets TCP_NODELAY.
            .connectTimeout(timeout)
        let setUp: @Sendable (any Channel) -> EventLoopFuture<NIOAsyncChannel<PushStreamResponse, PushStreamRequest>> = {
            channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                try channel.pipeline.syncOperations.addHandler(
                    PushStreamChannelHandler(host: host, answerTimeout: timeout, maximumBodySize: Self.maximumBodySize))
                return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
            }
        }
        let channel: NIOAsyncChannel<PushStreamResponse, PushStreamRequest>
        switch self.address {
        case .tcp(let host, let port):
            channel = try await bootstrap.connect(host: host, port: port, channelInitializer: setUp)
        case .unixDomainSocket(let path):
            channel = try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: setUp)
        }
        return try await channel.executeThenClose { responses, writer in
            try await body(PushStreamConnection(writer: writer, channel: channel.channel), responses)
        }
    }

    /// Sends one request over a connection of its own.
    func ask(_ request: PushStreamRequest) async throws -> PushStreamResponse {
        try await self.withConnection { connection, responses in
            try await connection.send([request])
            for try await response in responses { return response }
            throw PushStreamError.connectionClosed
        }
    }
}

/// The sending half of a connection.
struct PushStreamConnection: Sendable {
    fileprivate let writer: NIOAsyncChannelOutboundWriter<PushStreamRequest>
    fileprivate let channel: any Channel

    /// Writes all requests and flushes once.
    func send(_ requests: [PushStreamRequest]) async throws {
        try await self.writer.write(contentsOf: requests)
    }

    /// Ends the connection; the sequence of answers finishes.
    func close() {
        self.channel.close(promise: nil)
    }
}
