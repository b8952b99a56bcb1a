import NIOCore
import NIOPosix
import Synchronization

/// An HTTP/1.1 server that a test scripts, on a Unix socket or on a port of 127.0.0.1. It keeps connections, and all that it was asked.
public final class ScriptedServer: Sendable {
    public struct Request: Sendable {
        public var method: String
        /// With its query.
        public var target: String
        /// Names in lower case.
        public var headers: [String: String]
        public var body: [UInt8]
        /// The number of the connection that it came on, from 1.
        public var connection: Int

        public var text: String { String(decoding: self.body, as: UTF8.self) }
    }

    public enum Answer: Sendable {
        /// With its length.
        case response(Int, headers: [(String, String)] = [], body: [UInt8] = [])
        /// Exactly these bytes.
        case raw(String)
        /// The connection ends without an answer.
        case lost
        /// Nothing comes, and the connection stays.
        case silence

        public static func json(_ text: String, status: Int = 200) -> Answer {
            .response(status, headers: [("Content-Type", "application/json")], body: Array(text.utf8))
        }
    }

    /// 0 on a Unix socket.
    public let port: Int
    private let channel: any Channel
    private let record: Record

    private final class Record: Sendable {
        struct State {
            var requests: [Request] = []
            var connections = 0
        }

        let state = Mutex(State())
        let answer: @Sendable (Request) -> Answer

        init(_ answer: @escaping @Sendable (Request) -> Answer) {
            self.answer = answer
        }
    }

    /// - Parameters:
    ///   - socket: The path to listen on; a port of 127.0.0.1 if `nil`.
    ///   - port: 0 takes a free one.
    public init(socket: String? = nil, port: Int = 0, answer: @escaping @Sendable (Request) -> Answer) async throws {
        let record = Record(answer)
        self.record = record
        let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                let connection = record.state.withLock { state in
                    state.connections += 1
                    return state.connections
                }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(record: record, connection: connection))
                }
            }
        if let socket {
            self.channel = try await bootstrap.bind(unixDomainSocketPath: socket, cleanupExistingSocketFile: true).get()
        } else {
            self.channel = try await bootstrap.bind(host: "127.0.0.1", port: port).get()
        }
        self.port = self.channel.localAddress?.port ?? 0
    }

    deinit { self.channel.close(promise: nil) }

    public var requests: [Request] { self.record.state.withLock { $0.requests } }
    public var connections: Int { self.record.state.withLock { $0.connections } }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let record: Record
        private let connection: Int
        private var buffer: [UInt8] = []

        init(record: Record, connection: Int) {
            self.record = record
            self.connection = connection
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.buffer += Array(self.unwrapInboundIn(data).readableBytesView)
            while let request = self.next() {
                self.record.state.withLock { $0.requests.append(request) }
                switch self.record.answer(request) {
                case .silence: break
                case .lost:
                    context.close(promise: nil)
                    return
                case .raw(let text): self.write(Array(text.utf8), context)
                case .response(let status, let headers, let body):
                    var head = "HTTP/1.1 \(status) Status\r\n"
                    for (name, value) in headers { head += "\(name): \(value)\r\n" }
                    if status != 204 && status != 304 { head += "Content-Length: \(body.count)\r\n" }
                    self.write(Array((head + "\r\n").utf8) + (request.method == "HEAD" ? [] : body), context)
                }
            }
        }

        private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        }

        /// Takes the next whole request from the buffer.
        private func next() -> Request? {
            let end = Array("\r\n\r\n".utf8)
            guard self.buffer.count >= 4,
                let start = (0...self.buffer.count - 4).first(where: { self.buffer[$0..<$0 + 4].elementsEqual(end) })
            else { return nil }
            let lines = String(decoding: self.buffer[..<start], as: UTF8.self).split(separator: "\r\n")
            let words = lines.first.map { $0.split(separator: " ") } ?? []
            guard words.count == 3 else { return nil }
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { continue }
                headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
            }
            let length = headers["content-length"].flatMap { Int($0) } ?? 0
            guard self.buffer.count >= start + 4 + length else { return nil }
            let body = Array(self.buffer[(start + 4)..<(start + 4 + length)])
            self.buffer.removeSubrange(..<(start + 4 + length))
            return Request(
                method: String(words[0]), target: String(words[1]), headers: headers, body: body, connection: self.connection)
        }
    }
}
