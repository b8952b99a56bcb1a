import PushRedis
import Testing

@Suite struct RedisSocketURLTests {
    @Test(arguments: [
        ("redis+unix:///run/redis.sock", "/run/redis.sock", 0),
        ("redis+unix:///run/a%20b/redis.sock?db=3", "/run/a b/redis.sock", 3),
    ])
    func socket(url: String, path: String, database: Int) throws {
        let configuration = try RedisConfiguration(url: url)
        #expect(configuration.target == .socket(path))
        #expect(configuration.database == database)
    }

    @Test func credentialsOfASocket() throws {
        let configuration = try RedisConfiguration(url: "redis+unix://bob:secret@/run/redis.sock")
        #expect(configuration.credentials == .init(username: "bob", password: "secret"))
        #expect(configuration.redactedURL == "redis+unix://bob:***@/run/redis.sock")
    }

    @Test(arguments: ["/run/redis.sock", "/tmp/ä b/100%/x@y?#.sock"])
    func readsWhatItWrote(path: String) throws {
        #expect(try RedisConfiguration(url: RedisConfiguration.url(forSocket: path)).target == .socket(path))
    }

    @Test(arguments: ["redis+unix://", "redis+unix://run/redis.sock", "redis+unix:///s?db=x", "redis+unix:///s?cafile=/a"])
    func rejected(url: String) {
        #expect(throws: RedisURLError.self) { try RedisConfiguration(url: url) }
    }
}
