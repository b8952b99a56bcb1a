import NIOCore
import PushRedis
import PushTestSupport
import Testing

extension ServerTests {
    @Suite struct CancellationTests {
        @Test func inFlightItEndsAtOnceAndTheOrderStaysRight() async throws {
            try await withServerAndClient { server, other in
                try await withClient(server.url) { client async throws in
                    let blocked = Task { try await client.send(RedisCommand("BLPOP", "list", 0), timeout: .seconds(600)) }
                    try await other.awaitBlockedClients(1)
                    async let second = client.echo("second")
                    // The command itself ends only with the item below.
                    blocked.cancel()
                    let error = await #expect(throws: RedisError.self) { try await blocked.value }
                    #expect(error?.code == .cancelled)
                    #expect(error?.mayHaveExecuted == true)
                    try await other.send(RedisCommand("RPUSH", "list", "item"))
                    let answer = try await second
                    #expect(answer == "second")
                    #expect(try await client.echo("third") == "third")
                }
            }
        }

        @Test func notYetWrittenItIsNeverSent() async throws {
            let port = try freePort()
            try await withClient("redis://127.0.0.1:\(port)") { client async throws in
                let waiting = Task { try await client.set("a", "1") }
                let other = Task { try await client.set("b", "1") }
                waiting.cancel()
                let error = await #expect(throws: RedisError.self) { try await waiting.value }
                #expect(error?.code == .cancelled)
                #expect(error?.mayHaveExecuted == false)
                try await withRedisServer(.init(port: port)) { _ in
                    let wasSet = try await other.value
                    #expect(wasSet)
                    #expect(try await client.mget(["a", "b"]) == [nil, [0x31]])
                }
            }
        }

        @Test func aTaskThatIsCancelledAlreadySendsNothing() async throws {
            try await withServerAndClient { _, client async throws in
                let error = await withTaskGroup(of: RedisError?.self) { group in
                    group.cancelAll()
                    group.addTask {
                        do throws(RedisError) {
                            try await client.set("a", "1")
                            return nil
                        } catch {
                            return error
                        }
                    }
                    return await group.next() ?? nil
                }
                #expect(error?.code == .cancelled)
                #expect(error?.mayHaveExecuted == false)
                #expect(try await client.get("a") == nil)
            }
        }

        @Test func boundsOnWhatWaits() async throws {
            let port = try freePort()
            let configure = { (configuration: inout RedisConfiguration) in
                configuration.maximumOutstandingCommands = 10
                configuration.maximumOutstandingBytes = 10_000
            }
            try await withClient("redis://127.0.0.1:\(port)", configure: configure) { client async throws in
                let large = await #expect(throws: RedisError.self) {
                    try await client.set("a", [UInt8](repeating: 0, count: 20_000))
                }
                #expect(large?.code == .overflow)
                let many = await #expect(throws: RedisError.self) {
                    try await client.send(pipeline: Array(repeating: RedisCommand("PING"), count: 11))
                }
                #expect(many?.code == .overflow)
                // Ten find room, the other ten are refused at once; those who wait get their answer when the server comes.
                let codes = try await withThrowingTaskGroup(of: RedisError.Code?.self) { group in
                    for number in 0..<20 {
                        group.addTask {
                            do throws(RedisError) {
                                _ = try await client.echo("\(number)")
                                return nil
                            } catch {
                                return error.code
                            }
                        }
                    }
                    var codes: [RedisError.Code?] = []
                    for _ in 0..<10 { codes.append(try await group.next() ?? nil) }
                    let server = try await RedisServer.start(.init(port: port))
                    for try await code in group { codes.append(code) }
                    try await server.kill()
                    return codes
                }
                #expect(codes == Array(repeating: .overflow, count: 10) + Array(repeating: nil, count: 10))
            }
        }
    }
}
