import Foundation
import PushModels
import PushRedis
import PushTestSupport
import Testing

@testable import PushAPI

extension LiveTests {
    @Suite struct KeyAuthenticationTests {
        private static func basic(_ text: String) -> String { "Basic " + Data(text.utf8).base64EncodedString() }

        @Test func takesAKeyAsBearerTokenAndAsPassword() async throws {
            try await withAPI { (api) async throws in
                let key = try await api.createKey(["publish"], prefixes: ["news-"])
                for authorization in [
                    "Bearer \(key.text)", "bEARER   \(key.text)", Self.basic(":\(key.text)"), Self.basic("anyone:\(key.text)"),
                ] {
                    let http = HTTPClient(port: api.http.port, authorization: authorization)
                    let answer = try await http.request("GET", "/api/v1/auth")
                    #expect(answer.status == 200, "\(authorization)")
                    #expect(
                        answer.text
                            == #"{"data":{"channelPrefixes":["news-"],"key":{"id":"\#(key.id)","name":"test"},"scopes":["publish"],"user":null}}"#
                    )
                }
                let all = try await api.bearer(api.createKey(["admin"])).request("GET", "/api/v1/auth").json()
                let data = try #require(all["data"] as? [String: Any])
                #expect(data["scopes"] as? [String] == ["publish", "channels", "stats", "admin"])
            }
        }

        @Test func refusesWhatIsNoLivingKey() async throws {
            try await withAPI(["server.trusted_proxies": "127.0.0.0/8"]) { (api) async throws in
                let key = try await api.createKey(["admin"])
                let other = try await api.createKey(["admin"])
                let stranger = APIKeyToken.make(id: APIKeyToken.makeID()).text
                let mixed = key.text.prefix(17) + other.text.suffix(43)
                for (index, text) in [
                    stranger, String(mixed), String(key.text.dropLast()), key.text + "x", "psk_\(key.id)_", "psk_", "",
                    key.text.uppercased(), "x" + key.text.dropFirst(), key.id, String(key.text.suffix(43)),
                    String(repeating: "a", count: 60), "\(key.text) \(key.text)",
                ].enumerated() {
                    for authorization in ["Bearer \(text)", Self.basic("app:\(text)")] {
                        let http = HTTPClient(port: api.http.port, authorization: authorization)
                        let answer = try await http.request("GET", "/api/v1/auth", headers: ["X-Forwarded-For: 192.0.2.\(index)"])
                        #expect(answer.status == 401, "\(authorization)")
                        #expect(answer.code == 401)
                        #expect(
                            answer.headers["www-authenticate"]
                                == #"Basic realm="Push Service", charset="UTF-8", Bearer realm="Push Service""#)
                        #expect(!answer.text.contains("psk_"))
                    }
                }
            }
        }

        @Test(arguments: ["publish", "channels", "stats", "admin"])
        func allowsWhatTheScopeIsFor(scope: String) async throws {
            try await withAPI { (api) async throws in
                let http = api.bearer(try await api.createKey([scope]))
                let routes: [(scope: String, method: String, path: String, body: String?)] = [
                    ("publish", "POST", "/api/v1/messages", #"{"channels":["a"],"content":"x"}"#),
                    ("channels", "POST", "/api/v1/channels", #"{"id":"a"}"#),
                    ("channels", "GET", "/api/v1/channels", nil),
                    ("channels", "GET", "/api/v1/channels/a", nil),
                    ("channels", "DELETE", "/api/v1/channels/a", nil),
                    ("stats", "GET", "/api/v1/stats/global", nil),
                    ("stats", "GET", "/api/v1/stats/channels/a", nil),
                    ("admin", "GET", "/api/v1/keys", nil),
                    ("admin", "POST", "/api/v1/keys", #"{"name":"a","scopes":["admin"]}"#),
                    ("admin", "GET", "/api/v1/keys/aaaaaaaaaaaa", nil),
                    ("admin", "DELETE", "/api/v1/keys/aaaaaaaaaaaa", nil),
                    ("admin", "POST", "/api/v1/keys/aaaaaaaaaaaa/rotate", nil),
                ]
                for route in routes {
                    let answer = try await http.request(route.method, route.path, body: route.body)
                    if scope == route.scope || scope == "admin" {
                        #expect(answer.status != 403 && answer.status != 401, "\(route.method) \(route.path)")
                    } else {
                        #expect(answer.status == 403, "\(route.method) \(route.path)")
                        #expect(answer.code == 403)
                        #expect(answer.message?.contains("'\(route.scope)'") == true)
                    }
                }
                for path in ["/api/v1/auth", "/api/v1/config"] {
                    #expect(try await http.request("GET", path).status == 200, "\(path)")
                }
            }
        }

        @Test func keepsAKeyToItsPrefixes() async throws {
            try await withAPI { (api) async throws in
                // The second begins with `e` and a combining accent, which is not the one character `é`.
                let key = try await api.createKey(["publish", "channels", "stats"], prefixes: ["news-", "e\u{301}"])
                let http = api.bearer(key)
                func publish(_ channels: String) async throws -> HTTPAnswer {
                    try await http.request("POST", "/api/v1/messages", body: #"{"channels":[\#(channels)],"content":"x"}"#)
                }
                #expect(try await publish(#""news-1","news-""#).status == 204)
                #expect(try await publish("\"e\u{301}a\"").status == 204)
                for channels in [#""new""#, #""News-1""#, #""news-1","other""#, "\"\u{e9}a\"", #""a-news-""#] {
                    let answer = try await publish(channels)
                    #expect(answer.status == 403, "\(channels)")
                    #expect(answer.code == 403)
                    #expect(answer.message?.contains("'news-'") == true)
                }
                #expect(try await api.messages().count == 3)

                for id in ["news-1", "other"] {
                    #expect(try await api.http.request("POST", "/api/v1/channels", body: #"{"id":"\#(id)"}"#).status == 201)
                }
                #expect(try await http.request("POST", "/api/v1/channels", body: #"{"id":"mine"}"#).status == 403)
                #expect(try await http.request("POST", "/api/v1/channels", body: #"{"id":"news-2"}"#).status == 201)
                #expect(try await http.request("GET", "/api/v1/channels/other").status == 403)
                #expect(try await http.request("DELETE", "/api/v1/channels/other").status == 403)
                #expect(try await http.request("GET", "/api/v1/channels/nothing").status == 403)
                #expect(try await http.request("GET", "/api/v1/stats/channels/other").status == 403)
                #expect(try await http.request("GET", "/api/v1/stats/channels/news-1").status == 404)
                let shown = try await http.request("GET", "/api/v1/channels").list().map { $0["id"] as? String }
                #expect(shown == ["news-1", "news-2"])
                #expect(try await api.http.request("GET", "/api/v1/channels").list().count == 3)
                #expect(try await http.request("DELETE", "/api/v1/channels/news-1").status == 204)
            }
        }

        @Test func aKeyRevokedThroughOneInstanceIsRefusedByTheOther() async throws {
            try await withAPI { (one) async throws in
                try await withAPI(on: one.server) { (other) async throws in
                    let key = try await one.createKey(["publish"])
                    let there = HTTPClient(port: other.http.port, authorization: "Bearer \(key.text)")
                    #expect(try await there.request("GET", "/api/v1/auth").status == 200)
                    #expect(try await one.http.request("DELETE", "/api/v1/keys/\(key.id)").status == 204)
                    #expect(try await one.bearer(key).request("GET", "/api/v1/auth").status == 401)
                    // How long it takes at most, APIKeyCacheTests says.
                    try await eventually {
                        try await there.request("GET", "/api/v1/auth").status == 401
                    }
                }
            }
        }

        @Test func asksRedisForAKeyAtMostOnceASecond() async throws {
            try await withAPI { (api) async throws in
                let http = api.bearer(try await api.createKey(["publish"]))
                let before = try await api.calls(of: "hget")
                let start = ContinuousClock.now
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            for _ in 0..<50 {
                                let answer = try await http.request("GET", "/api/v1/auth")
                                #expect(answer.status == 200)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                let seconds = Int(start.duration(to: .now) / .seconds(1))
                // The note of its use asks once more.
                #expect(try await api.calls(of: "hget") - before <= seconds + 2)
            }
        }

        @Test func answers503WhenAKeyCannotBeLookedUp() async throws {
            let server = try await RedisServer.start()
            let key = try await withAPI(on: server) { try await $0.createKey(["publish"]) }
            try await withAPI(on: server, redisTimeout: nil) { (api) async throws in
                try await api.server.kill()
                for _ in 0..<7 {
                    let answer = try await api.bearer(key).request("GET", "/api/v1/auth")
                    #expect(answer.status == 503)
                    #expect(answer.code == 503)
                    #expect(answer.headers["retry-after"] == "1")
                }
                // The configured user needs no Redis, and nobody has failed to sign in.
                #expect(try await api.http.request("GET", "/api/v1/auth").status == 200)
                #expect(api.metric("push_api_sign_in_failures_total") == "0")
                try await api.server.launch()
                try await eventually("the key is refused once Redis is back without it") {
                    try await api.bearer(key).request("GET", "/api/v1/auth").status == 401
                }
            }
        }

        @Test func answers500ForARecordThatIsNone() async throws {
            try await withAPI { (api) async throws in
                let key = try await api.createKey(["publish"])
                let good = try await api.createKey(["publish"])
                try await api.redis.send(RedisCommand("HSET", RedisKeys.apiKeys, key.id, "{}"))
                #expect(try await api.bearer(key).request("GET", "/api/v1/auth").status == 500)
                let listed = try await api.http.request("GET", "/api/v1/keys").list().map { $0["id"] as? String }
                #expect(listed == [good.id])
            }
        }

        @Test func notesTheLastUseAtMostOnceAMinute() async throws {
            try await withAPI { (api) async throws in
                let key = try await api.createKey(["publish"])
                let path = "/api/v1/keys/\(key.id)"
                @Sendable func lastUsed() async throws -> Int? {
                    (try await api.http.request("GET", path).json()["lastUsed"] as? String).flatMap(Timestamp.parse)
                }
                let before = Timestamp.now()
                #expect(try await api.bearer(key).request("GET", "/api/v1/auth").status == 200)
                try await eventually { try await lastUsed() != nil }
                let first = try #require(try await lastUsed())
                #expect((before...Timestamp.now()).contains(first))

                // Another push-api, which has not noted it itself, leaves it at that; a wrong secret is no use.
                try await withAPI(on: api.server) { (other) async throws in
                    let stats = try await api.calls(of: "hexists")
                    let http = HTTPClient(port: other.http.port, authorization: "Bearer \(key.text)")
                    #expect(try await http.request("GET", "/api/v1/auth").status == 200)
                    try await eventually { try await api.calls(of: "hexists") > stats }
                    #expect(try await lastUsed() == first)
                }
                try await api.redis.send(RedisCommand("HSET", RedisKeys.apiKeys, "\(key.id).used", first - 60_000))
                try await withAPI(on: api.server) { (third) async throws in
                    let http = HTTPClient(port: third.http.port, authorization: "Bearer \(key.text)")
                    #expect(try await http.request("GET", "/api/v1/auth").status == 200)
                    try await eventually { try await lastUsed() ?? 0 >= first }
                }
            }
        }
    }
}
