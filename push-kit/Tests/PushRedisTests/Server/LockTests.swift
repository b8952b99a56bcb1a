import PushRedis
import PushTestSupport
import Synchronization
import Testing

extension ServerTests {
    @Suite struct LockTests {
        private final class Counts: Sendable {
            let inside = Atomic(0)
            let obtained = Atomic(0)
        }

        @Test func oneHolderAtATime() async throws {
            try await withServerAndClient { _, client async throws in
                let lock = RedisLock(client: client, key: "lock", timeToLive: .seconds(30))
                let counts = Counts()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<20 {
                        group.addTask {
                            try await eventually("the lock") {
                                try await lock.withLock { _ in
                                    let holders = counts.inside.add(1, ordering: .relaxed).newValue
                                    #expect(holders == 1)
                                    try await client.ping()
                                    counts.inside.subtract(1, ordering: .relaxed)
                                    counts.obtained.add(1, ordering: .relaxed)
                                }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(counts.obtained.load(ordering: .relaxed) == 20)
                #expect(try await client.get("lock") == nil)
            }
        }

        @Test func whoDoesNotGetItDoesNotRun() async throws {
            try await withServerAndClient { _, client async throws in
                let lock = RedisLock(client: client, key: "lock", timeToLive: .seconds(30))
                let lease = try #require(try await lock.acquire())
                #expect(try await lock.acquire() == nil)
                #expect(try await lock.withLock { _ in Issue.record("two holders") } == false)
                guard case .remaining = try await client.ttl("lock") else {
                    Issue.record("the lock would stay for ever")
                    return
                }
                #expect(try await lease.renew())
                #expect(try await lease.release())
                #expect(try await lease.release() == false)
                #expect(try await lock.withLock { _ in })
            }
        }

        @Test func aLostLockIsNeitherRenewedNorReleased() async throws {
            try await withServerAndClient { _, client async throws in
                let brief = RedisLock(client: client, key: "lock", timeToLive: .milliseconds(30))
                let first = try #require(try await brief.acquire())
                try await eventually { try await client.get("lock") == nil }
                let second = try #require(try await RedisLock(client: client, key: "lock", timeToLive: .seconds(30)).acquire())
                #expect(try await first.renew() == false)
                #expect(try await first.release() == false)
                #expect(try await second.renew())
            }
        }

        @Test func itIsReleasedWhenTheBodyThrowsOrIsCancelled() async throws {
            try await withServerAndClient { server, client async throws in
                let lock = RedisLock(client: client, key: "lock", timeToLive: .seconds(30))
                await #expect(throws: CancellationError.self) { try await lock.withLock { _ in throw CancellationError() } }
                #expect(try await client.get("lock") == nil)

                try await withClient(server.url) { other async throws in
                    let task = Task {
                        try await lock.withLock { _ in
                            try await client.send(RedisCommand("BLPOP", "list", 0), timeout: .seconds(120))
                        }
                    }
                    try await other.awaitBlockedClients(1)
                    task.cancel()
                    // What the task's connection is asked next, the release too, comes after the end of its blocking command.
                    try await other.send(RedisCommand("RPUSH", "list", "item"))
                    await #expect(throws: RedisError.self) { try await task.value }
                    try await eventually { try await other.get("lock") == nil }
                }
            }
        }
    }
}
