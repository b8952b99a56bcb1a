import Logging
import PushRedis
import PushTestSupport
import ServiceLifecycle
import Testing

extension ServerTests {
    @Suite struct ShutdownTests {
        @Test func gracefulShutdownFinishesWhatIsOutstanding() async throws {
            try await withServerAndClient { server, other in
                let client = RedisClient(configuration: try RedisConfiguration(url: server.url), logger: quiet)
                let services = ServiceGroup(configuration: .init(services: [.init(service: client)], logger: quiet))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await services.run() }
                    async let answer = client.send(RedisCommand("BLPOP", "list", 0), timeout: .seconds(120))
                    try await other.awaitBlockedClients(1)
                    await services.triggerGracefulShutdown()
                    try await eventually("new commands are refused") {
                        do throws(RedisError) {
                            _ = try await client.send(RedisCommand("PING"), timeout: .milliseconds(20))
                            return false
                        } catch {
                            return error.code == .closed
                        }
                    }
                    try await other.send(RedisCommand("RPUSH", "list", "item"))
                    let item = try await answer.array?.last?.string
                    #expect(item == "item")
                    try await group.waitForAll()
                }
                try await eventually("the connection is closed") {
                    try await other.send(RedisCommand("INFO", "clients")).string?.contains("connected_clients:1\r\n") == true
                }
            }
        }

        @Test func gracefulShutdownWithoutAServerEndsWithTheTimeouts() async throws {
            var configuration = try RedisConfiguration(url: "redis://127.0.0.1:\(freePort())")
            configuration.commandTimeout = .milliseconds(300)
            let client = RedisClient(configuration: configuration, logger: quiet)
            let services = ServiceGroup(configuration: .init(services: [.init(service: client)], logger: quiet))
            try await withDeadline(.seconds(60)) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await services.run() }
                    let answer = Task { try await client.echo("x") }
                    await services.triggerGracefulShutdown()
                    let error = await #expect(throws: RedisError.self) { try await answer.value }
                    #expect(error?.code == .timeout || error?.code == .closed)
                    try await group.waitForAll()
                }
            }
        }

        @Test func cancellingTheRunFailsWhatIsOutstanding() async throws {
            try await withServerAndClient { server, other in
                let client = RedisClient(configuration: try RedisConfiguration(url: server.url), logger: quiet)
                let run = Task { try await client.run() }
                let blocked = Task { try await client.send(RedisCommand("BLPOP", "list", 0)) }
                try await other.awaitBlockedClients(1)
                run.cancel()
                let error = await #expect(throws: RedisError.self) { try await blocked.value }
                #expect(error?.code == .closed)
                #expect(error?.mayHaveExecuted == true)
                try await run.value
                let late = await #expect(throws: RedisError.self) { try await client.ping() }
                #expect(late?.code == .closed)
                let again = await #expect(throws: RedisError.self) { try await client.run() }
                #expect(again?.code == .closed)
            }
        }
    }
}
