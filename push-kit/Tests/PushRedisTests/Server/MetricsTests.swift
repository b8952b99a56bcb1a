import CoreMetrics
import MetricsTestKit
import PushRedis
import PushTestSupport
import Testing

@Suite struct MetricsTests {
    @Test func countsCommandsErrorsAndReconnects() async throws {
        let metrics = TestMetrics()
        func value(_ label: String, _ dimensions: [(String, String)] = []) throws -> Int64 {
            try metrics.expectCounter(label, dimensions).totalValue
        }
        try await withRedisServer { server async throws in
            var configuration = try RedisConfiguration(url: server.url)
            configuration.maximumBackoff = .milliseconds(100)
            let client = RedisClient(configuration: configuration, logger: quiet, metricsFactory: metrics)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await client.run() }
                defer { group.cancelAll() }
                _ = try await client.send(pipeline: [.set("a", "x"), RedisCommand("GET", "a")])
                _ = await #expect(throws: RedisError.self) { try await client.zcard("a") }
                _ = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("EVAL", "return redis.error_reply('MINE x')", 0)) }
                #expect(try value("push_redis_commands_total") == 4)
                #expect(try value("push_redis_errors_total", [("code", "WRONGTYPE")]) == 1)
                // A word that a script invented must not make a label.
                #expect(try value("push_redis_errors_total", [("code", "server")]) == 1)
                #expect(try value("push_redis_reconnects_total") == 0)
                try await server.restart()
                try await eventually { (try? await client.ping()) != nil }
                #expect(try value("push_redis_reconnects_total") == 1)
            }
        }
    }
}
