import Logging
import NIOCore
import NIOPosix
import PushRedis
import PushTestSupport
import ServiceLifecycle
import Testing

extension ServerTests {
    @Suite struct ClientGroupTests {
        private static func connection(of client: RedisClient) async throws -> Int? {
            try await client.send(RedisCommand("CLIENT", "ID")).int
        }

        @Test func eachEventLoopHasAConnectionOfItsOwn() async throws {
            let eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: 3)
            try await withRedisServer { server in
                let group = RedisClientGroup(
                    configuration: try RedisConfiguration(url: server.url), eventLoopGroup: eventLoops, logger: quiet)
                let run = Task { try await group.run() }
                var connections: Set<Int> = []
                for eventLoop in eventLoops.makeIterator() {
                    let client = try await eventLoop.submit { group.local }.get()
                    let again = try await eventLoop.submit { group.local }.get()
                    #expect(client === again)
                    connections.insert(try #require(try await Self.connection(of: client)))
                }
                #expect(connections.count == 3)
                // Elsewhere one of them serves as well.
                let other = try await Self.connection(of: group.local)
                #expect(try connections.contains(#require(other)))
                run.cancel()
                try await run.value
            }
            try await eventLoops.shutdownGracefully()
        }

        @Test func gracefulShutdownEndsAllClients() async throws {
            try await withServerAndClient { server, other in
                let group = RedisClientGroup(configuration: try RedisConfiguration(url: server.url), logger: quiet)
                let services = ServiceGroup(configuration: .init(services: [.init(service: group)], logger: quiet))
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask { try await services.run() }
                    try await group.local.ping()
                    await services.triggerGracefulShutdown()
                    try await tasks.waitForAll()
                }
                let error = await #expect(throws: RedisError.self) { try await group.local.ping() }
                #expect(error?.code == .closed)
                try await eventually("the connections are closed") {
                    try await other.send(RedisCommand("INFO", "clients")).string?.contains("connected_clients:1\r\n") == true
                }
            }
        }
    }
}
