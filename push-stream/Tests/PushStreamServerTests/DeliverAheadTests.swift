import NIOCore
import NIOPosix
import PushStreamCore
import Synchronization
import Testing

@testable import PushStreamServer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a publisher's answer waits for. The hub's mailbox wakes nobody here, so nothing else hands messages out.
@Suite struct DeliverAheadTests {
    /// Serves subscribers of `/ev/a` and one publisher, and waits for the publisher's answers.
    ///
    /// - Returns: messages that were handed to subscribers by then.
    private func deliveries(subscribers: Int, publishes: [String]) async throws -> Int {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let box = NIOLoopBoundBox<LoopHub?>.makeEmptyBox(valueType: LoopHub.self, eventLoop: loop)
        var clients: [Int32] = []
        var servers: [Int32] = []
        for _ in 0...subscribers {
            var pair: [Int32] = [-1, -1]
            try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
            try #require(fcntl(pair[1], F_SETFL, O_NONBLOCK) == 0)
            var patience = timeval(tv_sec: 30, tv_usec: 0)
            setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            clients.append(pair[0])
            servers.append(pair[1])
        }
        defer { for client in clients { close(client) } }
        // The last connection is the publisher's; what it asks for comes in one piece.
        for client in clients.dropLast() { Self.send("GET /ev/a HTTP/1.1\r\nHost: t\r\n\r\n", to: client) }
        let requests = publishes.map {
            "POST /pub?id=\($0) HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\nx"
        }
        Self.send(requests.joined(), to: try #require(clients.last))
        let accepted = servers.map { AcceptedConnection(descriptor: $0, remote: nil) }
        try await loop.submit {
            let configuration = try TestEngine.configuration(TestEngine.Options())
            let hub = try LoopHubTests.makeHub(loop)
            let listener = LoopListener(
                try ListenerContext(
                    servers: configuration.servers, defaultIndex: 0, isTLS: false, logs: try AccessLogs([])))
            hub.open(accepted, listener)
            box.value = hub
        }.get()
        let publisher = try #require(clients.last)
        let answers = try await NIOThreadPool.singleton.runIfActive {
            var text = ""
            var buffer = [UInt8](repeating: 0, count: 4096)
            while text.components(between: "HTTP/1.1 200 ", and: "\r\n").count < publishes.count {
                let count = recv(publisher, &buffer, buffer.count, 0)
                guard count > 0 else { break }
                text += String(decoding: buffer[..<count], as: UTF8.self)
            }
            return text
        }
        #expect(answers.components(between: "HTTP/1.1 200 ", and: "\r\n").count == publishes.count)
        let deliveries = try await loop.submit {
            defer {
                box.value?.closeAll()
                box.value = nil
            }
            return box.value?.metrics.deliveries.load(ordering: .relaxed) ?? -1
        }.get()
        try await group.shutdownGracefully()
        return deliveries
    }

    private static func send(_ text: String, to descriptor: Int32) {
        _ = Array(text.utf8).withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    @Test func subscribersHaveTheirMessageBeforeThePublisherHasItsAnswer() async throws {
        #expect(try await deliveries(subscribers: 1, publishes: ["a"]) == 1)
        #expect(try await deliveries(subscribers: 3, publishes: ["a", "b", "a"]) == 6)
        #expect(try await deliveries(subscribers: LoopHub.writesAhead, publishes: ["a"]) == LoopHub.writesAhead)
    }

    @Test func aPublisherDoesNotWaitForMany() async throws {
        #expect(try await deliveries(subscribers: LoopHub.writesAhead + 1, publishes: ["a"]) == 0)
        #expect(try await deliveries(subscribers: LoopHub.writesAhead / 2, publishes: ["a", "a", "a"]) == 0)
    }

    @Test func aChannelWithoutSubscribersMakesNobodyWait() async throws {
        #expect(try await deliveries(subscribers: LoopHub.writesAhead + 1, publishes: ["b"]) == 0)
    }
}
