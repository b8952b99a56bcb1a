import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A socket under the test's full control: sends any bytes, and waits for what comes back, with a deadline.
final class RawClient: Sendable {
    struct DeadlineExceeded: Error, CustomStringConvertible {
        var received: String
        var description: String { "deadline exceeded; received so far: \(received.suffix(2000).debugDescription)" }
    }

    private struct State {
        var bytes: [UInt8] = []
        var isClosed = false
        /// What went wrong, if anything did.
        var errors: [String] = []
        var waiter: (condition: @Sendable ([UInt8], Bool) -> Bool, promise: EventLoopPromise<Void>)?
    }

    private let channel: any Channel
    private let state: SharedState

    private final class SharedState: Sendable {
        let state = Mutex(State())

        func update(_ change: (inout State) -> Void) {
            let promise: EventLoopPromise<Void>? = state.withLock { state in
                change(&state)
                guard let waiter = state.waiter, waiter.condition(state.bytes, state.isClosed) else { return nil }
                state.waiter = nil
                return waiter.promise
            }
            promise?.succeed()
        }
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let state: SharedState

        init(_ state: SharedState) { self.state = state }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            state.update { $0.bytes += buffer.readableBytesView }
        }

        func channelInactive(context: ChannelHandlerContext) { state.update { $0.isClosed = true } }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            state.update { $0.errors.append("\(error)") }
            context.close(promise: nil)
        }
    }

    static let group = MultiThreadedEventLoopGroup.singleton

    /// - Parameters:
    ///   - reads: false for a client that never reads.
    ///   - tls: for a client that encrypts.
    ///   - name: of the server that it asks for then.
    init(
        host: String = "127.0.0.1", port: Int, reads: Bool = true, receiveBuffer: Int? = nil, tls: NIOSSLContext? = nil,
        name: String? = nil
    ) async throws {
        let shared = SharedState()
        state = shared
        channel = try await ClientBootstrap(group: Self.group)
            .connectTimeout(.seconds(60))
            .channelOption(.autoRead, value: reads)
            .channelOption(.socketOption(.so_rcvbuf), value: .init(receiveBuffer ?? (reads ? 1 << 20 : 4096)))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name)) }
                    try pipeline.addHandler(Collector(shared))
                }
            }
            .connect(host: host, port: port).get()
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    func close() async { try? await channel.close() }

    /// Says that nothing more comes, and goes on reading.
    func closeOutput() async throws { try await channel.close(mode: .output) }

    /// What the connection met, such as a certificate that is not trusted or an end that was not announced.
    var errors: [String] { state.state.withLock { $0.errors } }

    func stopReading() async throws { try await channel.setOption(.autoRead, value: false).get() }

    /// Lets a client that never read begin to, with room for more than a little at a time: else every few kilobytes would wait for both
    /// sides to get their turn on the processor.
    func startReading() async throws {
        try await channel.setOption(.socketOption(.so_rcvbuf), value: 1 << 20).get()
        try await channel.setOption(.autoRead, value: true).get()
    }

    /// Ends the connection with a reset.
    func reset() async throws {
        try await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        await close()
    }

    var bytes: [UInt8] { state.state.withLock { $0.bytes } }
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Forgets what came so far.
    func clear() { state.state.withLock { $0.bytes = [] } }

    @discardableResult
    func wait(_ timeout: TimeAmount = .seconds(60), until condition: @escaping @Sendable ([UInt8], Bool) -> Bool) async throws
        -> String
    {
        let promise = channel.eventLoop.makePromise(of: Void.self)
        let deadline = channel.eventLoop.scheduleTask(in: timeout) { [state] in
            promise.fail(DeadlineExceeded(received: String(decoding: state.state.withLock { $0.bytes }, as: UTF8.self)))
        }
        state.update { $0.waiter = (condition, promise) }
        try await promise.futureResult.get()
        deadline.cancel()
        return text
    }

    @discardableResult
    func wait(for text: String, _ timeout: TimeAmount = .seconds(60)) async throws -> String {
        let search = TextSearch(text)
        return try await wait(timeout) { bytes, _ in search.count(in: bytes) > 0 }
    }

    @discardableResult
    func waitForClose(_ timeout: TimeAmount = .seconds(60)) async throws -> String {
        try await wait(timeout) { _, isClosed in isClosed }
    }
}

/// Counts a text in bytes that become more, looking at each byte once however often it is asked.
final class TextSearch: Sendable {
    private let needle: [UInt8]
    private let state = Mutex((position: 0, found: 0))

    init(_ text: String) { needle = Array(text.utf8) }

    func count(in bytes: [UInt8]) -> Int {
        state.withLock { state in
            // What came before was forgotten.
            if bytes.count < state.position { state = (0, 0) }
            while state.position + needle.count <= bytes.count {
                if bytes[state.position] == needle[0],
                    bytes[state.position..<(state.position + needle.count)].elementsEqual(needle)
                {
                    state.found += 1
                    state.position += needle.count
                } else {
                    state.position += 1
                }
            }
            return state.found
        }
    }
}

extension [UInt8] {
    func contains(_ needle: [UInt8]) -> Bool { occurrences(of: needle, atMost: 1) == 1 }

    func occurrences(of needle: [UInt8], atMost limit: Int = .max) -> Int {
        guard let first = needle.first, count >= needle.count else { return 0 }
        var found = 0
        var index = 0
        while index <= count - needle.count, found < limit {
            if self[index] == first, self[index..<(index + needle.count)].elementsEqual(needle) {
                found += 1
                index += needle.count
            } else {
                index += 1
            }
        }
        return found
    }
}
