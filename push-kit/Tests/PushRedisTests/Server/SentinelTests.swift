import PushRedis
import PushTestSupport
import Testing

extension ServerTests {
    @Suite struct SentinelTests {
        @Test func followsTheMasterThroughAFailover() async throws {
            try await withRedisServer { master in
                try await withRedisServer(.init(configuration: ["replicaof 127.0.0.1 \(master.port)"])) { replica in
                    var options = RedisServer.Options()
                    options.sentinel = .init(masterName: "main", masterPort: master.port)
                    try await withRedisServer(options) { sentinel in
                        // The first Sentinel of the list does not exist.
                        let url = "redis+sentinel://127.0.0.1:\(try freePort()),127.0.0.1:\(sentinel.port)/main"
                        try await withClient(url) { client async throws in
                            try await client.set("before", "1")
                            #expect(try await client.send(RedisCommand("CONFIG", "GET", "port")).array?.last?.int == master.port)
                            try await withClient(sentinel.url) { asked async throws in
                                try await eventually(within: .seconds(90), "the Sentinel knows the replica") {
                                    let replicas = try await asked.send(RedisCommand("SENTINEL", "replicas", "main"))
                                    let fields = replicas.array?.first?.array?.compactMap(\.string) ?? []
                                    return fields.contains("ok") && fields.contains("\(replica.port)")
                                }
                            }
                            #expect(try await client.send(RedisCommand("WAIT", 1, 50_000)).int == 1)
                            try await master.kill()
                            try await eventually(within: .seconds(120), "the replica is the master") {
                                (try? await client.set("after", "2", expiration: nil)) == true
                            }
                            #expect(try await client.send(RedisCommand("CONFIG", "GET", "port")).array?.last?.int == replica.port)
                            #expect(try await client.mget(["before", "after"]) == [[0x31], [0x32]])
                        }
                    }
                }
            }
        }

        @Test func aMasterThatTheSentinelsDoNotKnow() async throws {
            try await withRedisServer { master in
                var options = RedisServer.Options()
                options.sentinel = .init(masterName: "main", masterPort: master.port)
                try await withRedisServer(options) { sentinel in
                    let url = "redis+sentinel://127.0.0.1:\(sentinel.port)/other"
                    try await withClient(url, configure: { $0.commandTimeout = .seconds(6) }) { client async throws in
                        let error = await #expect(throws: RedisError.self) { try await client.ping() }
                        #expect(error?.code == .timeout)
                        #expect(error?.message.contains("does not know other") == true)
                    }
                }
            }
        }
    }
}
