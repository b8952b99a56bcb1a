import Foundation
import NIOCore
import NIOPosix

/// A TCP connection that sends exactly the bytes it is given.
final class RawConnection {
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private(set) var received: [UInt8] = []

    private init(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.inbound = inbound.makeAsyncIterator()
        self.outbound = outbound
    }

    static func with<Result: Sendable>(
        port: Int, _ body: @escaping @Sendable (RawConnection) async throws -> Result
    ) async throws -> Result {
        try await withDeadline {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .connect(host: "127.0.0.1", port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
                    }
                }
            return try await channel.executeThenClose { inbound, outbound in
                try await body(RawConnection(inbound, outbound))
            }
        }
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }

    func closeOutput() { outbound.finish() }

    /// All that the server sends until it closes its side. A reset counts as the end.
    func readToEnd() async -> String {
        while let bytes = try? await inbound.next() { received += Array(buffer: bytes) }
        return text
    }

    /// One more response with a `Content-Length`, from its status line to its body's end.
    func readResponse() async throws -> String {
        while true {
            if let response = takeResponse() { return response }
            guard let bytes = try await inbound.next() else { return text }
            received += Array(buffer: bytes)
        }
    }

    private var text: String { String(decoding: received, as: UTF8.self) }

    private func takeResponse() -> String? {
        guard let headEnd = text.range(of: "\r\n\r\n") else { return nil }
        let head = text[..<headEnd.lowerBound]
        let length =
            head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) } ?? 0
        let total = head.utf8.count + 4 + length
        guard received.count >= total else { return nil }
        let response = String(decoding: received[..<total], as: UTF8.self)
        received.removeFirst(total)
        return response
    }
}
