import Logging
import PushRedis
import PushTestSupport

/// Logs of tests go nowhere: what they should say is asserted on the errors.
let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Runs `body` with a client that is cancelled afterwards.
func withClient<Result>(
    _ url: String, isolation: isolated (any Actor)? = #isolation, configure: (inout RedisConfiguration) -> Void = { _ in },
    _ body: (RedisClient) async throws -> Result
) async throws -> Result {
    var configuration = try RedisConfiguration(url: url)
    configuration.maximumBackoff = .milliseconds(200)
    // A machine that is slow answers late; what is about time sets its own.
    configuration.commandTimeout = .seconds(60)
    configuration.connectTimeout = .seconds(20)
    configure(&configuration)
    let client = RedisClient(configuration: configuration, logger: quiet)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        defer { group.cancelAll() }
        return try await body(client)
    }
}

/// Runs `body` with a real server and a client of it.
func withServerAndClient<Result>(
    _ options: RedisServer.Options = .init(), isolation: isolated (any Actor)? = #isolation,
    configure: (inout RedisConfiguration) -> Void = { _ in }, _ body: (RedisServer, RedisClient) async throws -> Result
) async throws -> Result {
    try await withRedisServer(options) { server in
        try await withClient(server.url, configure: configure) { client in try await body(server, client) }
    }
}

extension RedisClient {
    /// Waits until the server holds `count` clients in a blocking command.
    func awaitBlockedClients(_ count: Int) async throws {
        try await eventually("\(count) blocked clients") {
            try await self.send(RedisCommand("INFO", "clients")).string?.contains("blocked_clients:\(count)\r\n") == true
        }
    }

    func echo(_ text: String) async throws(RedisError) -> String? { try await send(RedisCommand("ECHO", text)).string }
}
