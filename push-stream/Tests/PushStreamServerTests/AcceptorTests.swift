import Testing

@testable import PushStreamServer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite struct AcceptorTests {
    private static func acceptor() throws -> Acceptor {
        let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listening) }
        try #require(listening >= 0 && listen(listening, 1) == 0)
        return try Acceptor(listening, loops: [], listeners: [], log: .discarding())
    }

    /// An engine can be shut down while it starts. The descriptor may be another's by then.
    @Test func aStartThatComesAfterTheEndDoesNothing() throws {
        let acceptor = try Self.acceptor()
        acceptor.stop()
        #expect(!acceptor.start())
    }

    @Test func itStartsOnceAndEnds() throws {
        let acceptor = try Self.acceptor()
        #expect(acceptor.start())
        #expect(!acceptor.start())
        acceptor.stop()
    }
}
