import NIOCore
import PushRedis
import PushTestSupport
import Testing

@Suite struct ReconnectTests {
    /// Workers count with `INCR` and echo tokens while the server is stopped and killed. Every answer must be the right one, every
    /// failure typed, nothing acknowledged lost, nothing executed twice.
    @Test func restartsUnderLoad() async throws {
        try await withServerAndClient(.init(isAppendOnly: true)) { server, client async throws in
            let isOver = Shared(false)
            let outcomes = Shared((succeeded: 0, failed: [RedisError.Code: Int]()))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<16 {
                    group.addTask {
                        var (certain, possible, round, last) = (0, 0, 0, 0)
                        while !isOver.withLock({ $0 }) {
                            round += 1
                            do throws(RedisError) {
                                let replies = try await client.send(pipeline: [
                                    RedisCommand("INCR", "count:\(worker)"), RedisCommand("ECHO", "\(worker)/\(round)"),
                                ])
                                let count = replies[0].int ?? 0
                                #expect(replies[1].string == "\(worker)/\(round)")
                                #expect(count > last)
                                last = count
                                certain += 1
                                outcomes.withLock { $0.succeeded += 1 }
                            } catch {
                                if error.mayHaveExecuted { possible += 1 }
                                outcomes.withLock { $0.failed[error.code, default: 0] += 1 }
                            }
                        }
                        let final = try await client.send(RedisCommand("GET", "count:\(worker)")).int ?? 0
                        #expect(final >= certain, "an acknowledged command is lost")
                        #expect(final <= certain + possible, "a command was executed twice")
                    }
                }
                for round in 0..<4 {
                    let before = outcomes.withLock { $0.succeeded }
                    try await eventually("commands succeed") { outcomes.withLock { $0.succeeded } > before + 500 }
                    if round.isMultiple(of: 2) { try await server.stop() } else { try await server.kill() }
                    try await server.launch()
                }
                let before = outcomes.withLock { $0.succeeded }
                try await eventually("commands succeed again") { outcomes.withLock { $0.succeeded } > before + 500 }
                isOver.withLock { $0 = true }
                try await group.waitForAll()
            }
            let (succeeded, failed) = outcomes.withLock { ($0.succeeded, $0.failed) }
            print("restarts under load: \(succeeded) succeeded, failed: \(failed)")
            #expect(Set(failed.keys).isSubset(of: [.connection, .server("LOADING")]))
        }
    }

    @Test func commandsSentBeforeTheServerIsUpWaitForIt() async throws {
        let port = try freePort()
        try await withClient("redis://127.0.0.1:\(port)") { client async throws in
            let early = Task { try await client.echo("early") }
            try await withRedisServer(.init(port: port)) { _ in
                let answer = try await early.value
                #expect(answer == "early")
            }
        }
    }

    @Test func commandsNotYetWrittenSurviveTheReconnect() async throws {
        try await withServerAndClient { server, client async throws in
            try await client.ping()
            try await server.kill()
            let waiting = Task { try await client.echo("kept") }
            try await server.launch()
            // The first command may meet the dying connection; what comes after its end can't.
            switch await waiting.result {
            case .success(let answer): #expect(answer == "kept")
            case .failure(let error):
                let error = try #require(error as? RedisError)
                #expect(error.code == .connection && error.mayHaveExecuted)
            }
            #expect(try await client.echo("after") == "after")
        }
    }

    @Test func commandsWithoutAnAnswerMayHaveBeenExecuted() async throws {
        try await withServerAndClient { server, client async throws in
            try await withClient(server.url) { blocked async throws in
                async let answer = blocked.send(RedisCommand("BLPOP", "list", 0))
                try await client.awaitBlockedClients(1)
                try await server.kill()
                do {
                    _ = try await answer
                    Issue.record("an answer from a server that was killed")
                } catch let error as RedisError {
                    #expect(error.code == .connection)
                    #expect(error.mayHaveExecuted)
                }
            }
        }
    }

    @Test func aHaltedServerIsGivenUpAndTakenUpAgain() async throws {
        try await withServerAndClient(configure: { $0.commandTimeout = .milliseconds(300) }) { server, client async throws in
            try await client.ping(timeout: .seconds(20))
            server.pause()
            let error = await #expect(throws: RedisError.self) { try await client.echo("lost") }
            #expect(error?.code == .timeout)
            #expect(error?.mayHaveExecuted == true)
            server.resume()
            try await eventually { (try? await client.echo("back")) == "back" }
        }
    }

    @Test func aMasterThatBecomesAReplicaIsLeft() async throws {
        try await withRedisServer { other in
            try await withServerAndClient { server, client async throws in
                let first = try await client.send(RedisCommand("CLIENT", "ID")).int
                try await client.send(RedisCommand("REPLICAOF", "127.0.0.1", other.port))
                let error = await #expect(throws: RedisError.self) { try await client.set("a", "1") }
                #expect(error?.code == .server("READONLY"))
                try await eventually("a new connection") {
                    try await client.send(RedisCommand("CLIENT", "ID")).int != first
                }
            }
        }
    }
}
