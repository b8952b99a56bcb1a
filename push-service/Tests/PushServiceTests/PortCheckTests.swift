import NIOCore
import NIOPosix
import PushTestSupport
import Testing

@testable import PushService

@Suite struct PortCheckTests {
    @Test func namesAPortThatIsTakenAndTheOptionToChange() async throws {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "0.0.0.0", port: try freePort()).get()
        let port = try #require(server.localAddress?.port)
        let failure = #expect(throws: PortCheck.Unavailable.self) {
            try PortCheck.check(port: port, purpose: "publishers", option: "--api-port")
        }
        #expect(
            failure?.description
                == "cannot listen on port \(port) for publishers: the port is taken (choose another with --api-port)")
        try await server.close()
        // A process that another test starts in this moment holds the socket until it runs its program.
        try await eventually("the port is free") {
            (try? PortCheck.check(port: port, purpose: "publishers", option: "--api-port")) != nil
        }
    }

    @Test func takesAnyPort() throws {
        try PortCheck.check(port: 0, purpose: "publishers", option: "--api-port")
    }
}
