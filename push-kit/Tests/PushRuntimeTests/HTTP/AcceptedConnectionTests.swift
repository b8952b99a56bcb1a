import NIOCore
import NIOEmbedded
import Testing

@testable import PushRuntime

@Suite struct AcceptedConnectionTests {
    /// SwiftNIO would end the process: a server that ends drops what it has accepted and nobody has begun to handle.
    @Test func aConnectionThatNobodyHandlesIsClosed() async throws {
        let channel = NIOAsyncTestingChannel()
        try await channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1)).get()
        var connection: AcceptedConnection? = try await channel.testingEventLoop.executeInContext {
            AcceptedConnection(
                try NIOAsyncChannel(
                    wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
        }
        #expect(connection?.channel.isActive == true)
        connection = nil
        try await withDeadline { try await channel.closeFuture.get() }
    }
}
