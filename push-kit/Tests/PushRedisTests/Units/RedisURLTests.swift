import PushRedis
import Testing

@Suite struct RedisURLTests {
    @Test(arguments: [
        ("redis://localhost", "localhost", 6379, 0),
        ("redis://cache.example:7000/3", "cache.example", 7000, 3),
        ("REDIS://127.0.0.1/", "127.0.0.1", 6379, 0),
        ("redis://[::1]:6380", "::1", 6380, 0),
        ("redis://[fe80::1]/2", "fe80::1", 6379, 2),
    ])
    func address(url: String, host: String, port: Int, database: Int) throws {
        let configuration = try RedisConfiguration(url: url)
        #expect(configuration.target == .server(.init(host: host, port: port)))
        #expect(configuration.database == database)
        #expect(configuration.credentials == nil)
        #expect(configuration.tls == nil)
    }

    @Test(arguments: [
        ("redis://:secret@h", nil, "secret"),
        ("redis://alice:secret@h", "alice", "secret"),
        ("redis://al%20ice:p%40ss%2Fw%3A%25rd@h", "al ice", "p@ss/w:%rd"),
        ("redis://alice:a:b@h", "alice", "a:b"),
        ("redis://:%C3%A4@h", nil, "ä"),
    ])
    func credentials(url: String, user: String?, password: String) throws {
        let configuration = try RedisConfiguration(url: url)
        #expect(configuration.credentials == .init(username: user, password: password))
        #expect(configuration.target == .server(.init(host: "h", port: 6379)))
        #expect(configuration.redactedURL == "redis://\(user ?? ""):***@h:6379")
    }

    @Test func tls() throws {
        let plain = try RedisConfiguration(url: "rediss://h")
        #expect(plain.tls == .init())
        let files = try RedisConfiguration(url: "rediss://:x@h/1?cafile=/a%20b.pem&certfile=/c.pem&keyfile=/k.pem")
        #expect(files.tls == .init(trustRootsFile: "/a b.pem", certificateFile: "/c.pem", privateKeyFile: "/k.pem"))
        #expect(files.redactedURL == "rediss://:***@h:6379/1")
    }

    @Test func sentinel() throws {
        let configuration = try RedisConfiguration(url: "redis+sentinel://bob:pw@one,two:26380/main/4")
        #expect(configuration.target == .sentinel([.init(host: "one", port: 26379), .init(host: "two", port: 26380)], master: "main"))
        #expect(configuration.credentials == .init(username: "bob", password: "pw"))
        #expect(configuration.database == 4)
        #expect(configuration.redactedURL == "redis+sentinel://bob:***@one:26379,two:26380/main/4")
    }

    @Test(arguments: [
        ("localhost:6379", "no scheme"), ("http://h", "scheme is not known"), ("redis://", "host is missing"),
        ("redis://:hunter2@", "host is missing"), ("redis://h:0", "port"), ("redis://h:65536", "port"), ("redis://h:+1", "port"),
        ("redis://h:", "port"), ("redis://h/x", "database"), ("redis://h/-1", "database"), ("redis://h/1/2", "more than a database"),
        ("redis://hunter2@h", "user but no password"), ("redis://u:@h", "password is empty"), ("redis://:hunter2%2@h", "two hex digits"),
        ("redis://:hunter2%FF@h", "not UTF-8"), ("redis://:hun/ter2@h", "%2F"), ("redis://:hun#ter2@h", "%23"), ("redis://[::1", "']'"),
        ("redis://[::1]x", "':'"), ("redis://h?cafile=/a", "only rediss"), ("rediss://h?insecure=1", "none of cafile"),
        ("rediss://h?certfile=/a", "together"), ("redis+sentinel://h", "master's name"), ("redis+sentinel://h,/m", "host is missing"),
        ("redis://a b", "host is missing"),
    ])
    func rejected(url: String, problem: String) {
        let error = #expect(throws: RedisURLError.self) { try RedisConfiguration(url: url) }
        #expect(error?.problem.contains(problem) == true, "\(error.debugDescription)")
        #expect(error?.description.contains("write redis://") == true)
        #expect(error?.description.contains("hunter2") == false)
    }
}
