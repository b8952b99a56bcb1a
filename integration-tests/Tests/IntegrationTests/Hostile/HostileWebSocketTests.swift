import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// Frames that no WebSocket client would send.
    @Suite struct HostileWebSockets {
        /// Bytes that the process may hold more in the middle of it.
        static let memoryAllowance = 8 * 1024 * 1024

        private static func open(_ server: LonePushStream, receiveBuffer: Int32? = nil) throws -> RawSocket {
            let socket = try RawSocket(port: server.port, receiveBuffer: receiveBuffer)
            try socket.send(ConnectionState.get("/ws/hostile", ConnectionState.webSocketFields))
            try socket.receive(until: "\r\n\r\n")
            return socket
        }

        /// The head of a masked frame with a length of eight bytes; the mask is zero, so that the payload is what is sent.
        private static func head(_ first: UInt8, length: UInt64) -> [UInt8] {
            [first, 0xFF] + (0..<8).map { UInt8(truncatingIfNeeded: length >> (56 - 8 * $0)) } + [0, 0, 0, 0]
        }

        /// Lengths as announced: with and without the highest bit, which must be zero.
        @Test(arguments: [UInt64(1) << 63, .max, UInt64(1) << 62, UInt64(Int64.max)], [UInt8(0x81), 0x82, 0x01, 0x89])
        func `a frame of announced length is refused before it comes`(length: UInt64, first: UInt8) async throws {
            try await LonePushStream.run { server in
                let before = try ProcessTable.residentMemory(of: server.processID)
                for _ in 0..<100 {
                    let socket = try Self.open(server)
                    try socket.send(Self.head(first, length: length))
                    let end = try socket.receiveAll()
                    // A close frame, with 1009 where only the length was wrong.
                    #expect(end.starts(with: [0x88]), "\(end)")
                }
                #expect(try ProcessTable.residentMemory(of: server.processID) - before < Self.memoryAllowance)
                try await eventually("all are gone") { try await server.metric("push_stream_connections") == 1 }
            }
        }

        @Test func `fragments without end are cut off`() async throws {
            try await LonePushStream.run { server in
                let before = try ProcessTable.residentMemory(of: server.processID)
                for size in [0, 1, 100] {
                    let socket = try Self.open(server)
                    let payload = [UInt8](repeating: UInt8(ascii: "x"), count: size)
                    let frame: [UInt8] = [0x00, 0x80 | UInt8(size), 0, 0, 0, 0] + payload
                    try socket.send([0x01, 0x80, 0, 0, 0, 0])
                    let burst = [[UInt8]](repeating: frame, count: 1000).flatMap { $0 }
                    var bursts = 0
                    // Far more than a message may have.
                    while bursts < 500, !socket.isReadable(within: 0) {
                        bursts += 1
                        do { try socket.send(burst) } catch { break }
                    }
                    // Empty ones take no room, so they may go on.
                    if size > 0 { _ = try socket.receiveAll() }
                }
                let reason = "push_stream_subscribers_disconnected_total{reason=\"protocol_error\"}"
                #expect(try await server.metric(reason) == 2)
                #expect(try ProcessTable.residentMemory(of: server.processID) - before < Self.memoryAllowance)
                try await eventually("all are gone") { try await server.metric("push_stream_connections") == 1 }
            }
        }

        /// Each ping is answered as long as the client reads.
        @Test func `a flood of pings is answered`() async throws {
            try await LonePushStream.run { server in
                let socket = try Self.open(server)
                let count = 100_000
                let burst = [[UInt8]](repeating: [0x89, 0x80, 0, 0, 0, 0], count: 1000).flatMap { $0 }
                var pongs: [UInt8] = []
                for _ in 0..<(count / 1000) {
                    try socket.send(burst)
                    while socket.isReadable(within: 0) { pongs += try socket.receive() }
                }
                while pongs.count < 2 * count {
                    let more = try socket.receive()
                    try #require(!more.isEmpty)
                    pongs += more
                }
                #expect(pongs == [[UInt8]](repeating: [0x8A, 0x00], count: count).flatMap { $0 })
            }
        }

        /// Pongs are the smallest things that can wait: what they take must be bounded by the queue's size too.
        @Test func `a flood of pings whose pongs nobody reads is cut off`() async throws {
            try await LonePushStream.run { server in
                let socket = try Self.open(server, receiveBuffer: 4096)
                let before = try ProcessTable.residentMemory(of: server.processID)
                let burst = [[UInt8]](repeating: [0x89, 0x80, 0, 0, 0, 0], count: 10_000).flatMap { $0 }
                var peak = 0
                var bursts = 0
                // Two bytes for each ping: 500,000 fill the queue.
                while bursts < 1000 {
                    bursts += 1
                    do { try socket.send(burst) } catch { break }
                    if bursts % 10 == 0 { peak = max(peak, try ProcessTable.residentMemory(of: server.processID) - before) }
                }
                #expect(bursts < 1000)
                print("measured: \(peak / 1024) KB at most while pongs waited")
                #expect(peak < Self.memoryAllowance)
                let reason = "push_stream_subscribers_disconnected_total{reason=\"slow\"}"
                try await eventually("it is closed as slow") { try await server.metric(reason) == 1 }
                try await eventually("it is gone") { try await server.metric("push_stream_connections") == 1 }
            }
        }
    }
}
