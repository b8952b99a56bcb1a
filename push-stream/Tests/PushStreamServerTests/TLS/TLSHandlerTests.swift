import NIOCore
import PushTestSupport
import Testing

@testable import PushStreamServer

@Suite struct TLSHandlerTests {
    /// The session of a connection has gone to a stream's socket: whatever NIO's channel still had to say would be in plain text.
    @Test func nothingLeavesWithoutEncryption() async throws {
        let certificate = try await TestCertificate()
        let trust = try TLSEngine.trust(certificate)
        try await TLSEngine.run("server { listen 127.0.0.1:0 ssl; \(TLSEngine.pair(certificate)) %LOCATIONS% }") { server in
            let client = try await server.connect(trust)
            try await client.send("GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n")
            try await client.wait(for: "push_stream_connections 1\n")
            let write = try await server.engine.onLoops { hub -> EventLoopFuture<Void>? in
                guard let handler = hub.connections.first, let channel = handler.channel, let tls = handler.tls else {
                    return nil
                }
                _ = tls.release()
                return channel.writeAndFlush(ByteBuffer(string: "plain"))
            }.first
            let future = try #require(write ?? nil)
            await #expect(throws: ChannelError.ioOnClosedChannel) { try await future.get() }
            await client.close()
        }
    }
}
