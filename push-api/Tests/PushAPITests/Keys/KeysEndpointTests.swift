import Foundation
import PushModels
import PushRedis
import PushTestSupport
import Testing

@testable import PushAPI

extension LiveTests {
    @Suite struct KeysEndpointTests {
        @Test func createsAKeyAndShowsItOnce() async throws {
            try await withAPI { (api) async throws in
                let answer = try await api.http.request(
                    "POST", "/api/v1/keys",
                    body: #"""
                        {"name":"Büro \"1\"","scopes":["stats","publish","stats"],"channelPrefixes":["news-","a"],
                         "limits":{"messagesPerSecond":5,"bytesPerSecond":1000},"ttl":60}
                        """#)
                #expect(answer.status == 201)
                let key = try answer.json()
                let id = try #require(key["id"] as? String)
                let text = try #require(key["key"] as? String)
                #expect(text.wholeMatch(of: /psk_([a-z2-7]{12})_[A-Za-z0-9_-]{43}/)?.1 == id[...])
                #expect(answer.headers["location"] == "/api/v1/keys/\(id)")
                #expect(answer.headers["cache-control"] == "no-store")
                #expect(key["name"] as? String == "Büro \"1\"")
                #expect(key["scopes"] as? [String] == ["publish", "stats"])
                #expect(key["channelPrefixes"] as? [String] == ["news-", "a"])
                #expect((key["limits"] as? [String: Int]) == ["messagesPerSecond": 5, "bytesPerSecond": 1000])
                let created = try #require((key["created"] as? String).flatMap(Timestamp.parse))
                #expect((key["expires"] as? String).flatMap(Timestamp.parse) == created + 60_000)
                #expect(key["lastUsed"] is NSNull)
                let secrets = try #require(key["secrets"] as? [[String: Any]])
                #expect(secrets.count == 1)
                #expect((secrets[0]["created"] as? String).flatMap(Timestamp.parse) == created)
                #expect(secrets[0]["expires"] is NSNull)

                let read = try await api.http.request("GET", "/api/v1/keys/\(id)")
                #expect(read.status == 200)
                #expect(!read.text.contains("psk_"))
                var shown = key
                shown["key"] = nil
                let fields = try read.json()
                #expect(NSDictionary(dictionary: fields) == NSDictionary(dictionary: shown))
                #expect(try await api.http.request("GET", "/api/v1/keys").text == "[\(read.text)]")
            }
        }

        @Test func makesAKeyAgainThatWasRevokedOrLost() async throws {
            try await withAPI { (api) async throws in
                func create(_ key: String?) async throws -> HTTPAnswer {
                    let field = key.map { #","key":"\#($0)""# } ?? ""
                    return try await api.http.request(
                        "POST", "/api/v1/keys", body: #"{"name":"shop","scopes":["publish"]\#(field)}"#)
                }
                let made = try await create(nil).json()
                let id = try #require(made["id"] as? String)
                let text = try #require(made["key"] as? String)
                let client = HTTPClient(port: api.http.port, authorization: "Bearer \(text)")
                #expect(try await client.request("GET", "/api/v1/auth").status == 200)
                #expect(try await api.http.request("DELETE", "/api/v1/keys/\(id)").status == 204)
                #expect(try await client.request("GET", "/api/v1/auth").status == 401)

                let again = try await create(text)
                #expect(again.status == 201)
                #expect(try again.json()["id"] as? String == id)
                #expect(try again.json()["key"] as? String == text)
                #expect(try await client.request("GET", "/api/v1/auth").status == 200)
                // May be repeated: the first answer may have been lost.
                #expect(try await create(text).text == again.text)
                #expect(try await api.http.request("GET", "/api/v1/keys").list().count == 1)

                let other = try await create("psk_\(id)_\(String(repeating: "a", count: 43))")
                #expect(other.status == 409)
                #expect(other.code == 305)
                #expect(try await client.request("GET", "/api/v1/auth").status == 200)
            }
        }

        @Test func hasDefaults() async throws {
            try await withAPI { (api) async throws in
                let answer = try await api.http.request("POST", "/api/v1/keys", body: #"{"name":"a","scopes":["admin"]}"#)
                #expect(answer.status == 201)
                let key = try answer.json()
                #expect(key["channelPrefixes"] as? [String] == [])
                #expect(key["expires"] is NSNull)
                let limits = try #require(key["limits"] as? [String: Any])
                #expect(limits.count == 2 && limits.values.allSatisfy { $0 is NSNull })
            }
        }

        @Test func keepsOnlyADigestOfTheSecret() async throws {
            try await withAPI { (api) async throws in
                let key = try await api.createKey(["publish"])
                #expect(try await api.bearer(key).request("GET", "/api/v1/auth").status == 200)
                let secret = String(key.text.suffix(43))
                for redisKey in try await api.redis.scan().keys {
                    let dump = try await api.redis.send(RedisCommand("HGETALL", redisKey))
                    #expect(!"\(dump)".contains(secret))
                    let fields = try await api.redis.hgetall(redisKey).values.map { String(decoding: $0, as: UTF8.self) }
                    #expect(!fields.contains { $0.contains(secret) })
                }
                #expect(try await api.record(key)?.contains("sha256") == true)
                #expect(!api.log.lines.contains { $0.message.contains(secret) })
            }
        }

        @Test func listsKeysOldestFirst() async throws {
            try await withAPI { (api) async throws in
                #expect(try await api.http.request("GET", "/api/v1/keys").text == "[]")
                var ids: [String] = []
                for _ in 0..<4 {
                    ids.append(try await api.createKey(["publish"]).id)
                    // Created in a later millisecond.
                    let created = Timestamp.now()
                    try await eventually { Timestamp.now() > created }
                }
                #expect(try await api.http.request("GET", "/api/v1/keys").list().map { $0["id"] as? String } == ids)
                #expect(try await api.http.request("DELETE", "/api/v1/keys/\(ids[1])").status == 204)
                ids.remove(at: 1)
                #expect(try await api.http.request("GET", "/api/v1/keys").list().map { $0["id"] as? String } == ids)
            }
        }

        @Test func revokes() async throws {
            try await withAPI { (api) async throws in
                let key = try await api.createKey(["publish"])
                #expect(try await api.bearer(key).request("GET", "/api/v1/auth").status == 200)
                #expect(try await api.http.request("DELETE", "/api/v1/keys/\(key.id)").status == 204)
                // At once, although it was just used.
                #expect(try await api.bearer(key).request("GET", "/api/v1/auth").status == 401)
                #expect(try await api.redis.hgetall(RedisKeys.apiKeys).isEmpty)
                for (method, path) in [("GET", ""), ("DELETE", ""), ("POST", "/rotate")] {
                    let answer = try await api.http.request(method, "/api/v1/keys/\(key.id)\(path)")
                    #expect(answer.status == 404, "\(method) \(path)")
                    #expect(answer.code == 302)
                }
            }
        }

        @Test func rotatesWithTwoSecretsValidAtOnce() async throws {
            try await withAPI { (api) async throws in
                let first = try await api.createKey(["publish"])
                let path = "/api/v1/keys/\(first.id)/rotate"
                func status(_ text: String) async throws -> Int {
                    try await HTTPClient(port: api.http.port, authorization: "Bearer \(text)").request("GET", "/api/v1/auth")
                        .status
                }
                func rotate(_ body: String?) async throws -> (text: String, secrets: [[String: Any]]) {
                    let answer = try await api.http.request("POST", path, body: body)
                    #expect(answer.status == 200, "\(answer.text)")
                    let key = try answer.json()
                    #expect(key["id"] as? String == first.id)
                    return (try #require(key["key"] as? String), try #require(key["secrets"] as? [[String: Any]]))
                }
                // A day, unless told otherwise.
                let second = try await rotate(nil)
                #expect(second.secrets.count == 2)
                let until = try #require((second.secrets[0]["expires"] as? String).flatMap(Timestamp.parse))
                let since = try #require((second.secrets[1]["created"] as? String).flatMap(Timestamp.parse))
                #expect(until - since == 86_400_000)
                #expect(second.secrets[1]["expires"] is NSNull)
                #expect(try await status(first.text) == 200)
                #expect(try await status(second.text) == 200)
                // Two at most: the oldest ends.
                let third = try await rotate(#"{"previousTTL":100}"#)
                #expect(third.secrets.count == 2)
                #expect(try await status(first.text) == 401)
                #expect(try await status(second.text) == 200)
                #expect(try await status(third.text) == 200)
                let fourth = try await rotate(#"{"previousTTL":0}"#)
                #expect(fourth.secrets.count == 1)
                #expect(try await status(third.text) == 401)
                #expect(try await status(fourth.text) == 200)
            }
        }

        @Test func losesNoRotationOfSeveralAtOnce() async throws {
            try await withAPI { (api) async throws in
                let key = try await api.createKey(["publish"])
                let texts = try await withThrowingTaskGroup(of: String.self) { group in
                    for _ in 0..<20 {
                        group.addTask {
                            let answer = try await api.http.request("POST", "/api/v1/keys/\(key.id)/rotate")
                            #expect(answer.status == 200)
                            return try #require(try answer.json()["key"] as? String)
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(Set(texts).count == 20)
                let record = try APIKeyRecord(json: Array(try #require(try await api.record(key)).utf8))
                // The last one, and the one before it: each step went on from the one before.
                #expect(record.secrets.count == 2)
                #expect(record.secrets[0].expires != nil && record.secrets[1].expires == nil)
                let digests = Set(texts.compactMap { APIKeyToken($0.utf8)?.digest.hexadecimal })
                #expect(record.secrets.allSatisfy { digests.contains($0.sha256) })
            }
        }

        @Test func expires() async throws {
            try await withAPI { (api) async throws in
                let key = try await api.createKey(["publish"], ttl: 1)
                let client = api.bearer(key)
                #expect(try await client.request("GET", "/api/v1/auth").status == 200)
                try await eventually { try await client.request("GET", "/api/v1/auth").status == 401 }
                // Its owner sees why.
                let shown = try await api.http.request("GET", "/api/v1/keys/\(key.id)").json()
                #expect((shown["secrets"] as? [Any])?.isEmpty == true)
                let rotated = try await api.http.request("POST", "/api/v1/keys/\(key.id)/rotate")
                #expect(rotated.status == 404)
                #expect(rotated.code == 302)
            }
        }

        @Test func hasABoundedNumberOfKeysAndForgetsOldOnes() async throws {
            try await withAPI { (api) async throws in
                func record(_ index: Int, expires: Int?) -> (id: String, json: String) {
                    let letters = Array("abcdefghijklmnopqrstuvwxyz234567")
                    let id = "aaaaaaaaaa" + String(letters[index / 32]) + String(letters[index % 32])
                    let end = expires.map(String.init) ?? "null"
                    return (
                        id,
                        #"{"id":"\#(id)","name":"n","scopes":["publish"],"channelPrefixes":[],"limits":{},"created":\#(index),"expires":\#(end),"secrets":[]}"#
                    )
                }
                func put(_ records: [(id: String, json: String)]) async throws {
                    try await api.redis.send(
                        RedisCommand("HSET", arguments: [RedisKeys.apiKeys] + records.flatMap { [$0.id, $0.json] }))
                }
                try await put((0..<999).map { record($0, expires: nil) })
                let last = try await api.createKey(["publish"])
                let refused = try await api.http.request("POST", "/api/v1/keys", body: #"{"name":"a","scopes":["publish"]}"#)
                #expect(refused.status == 409)
                #expect(refused.code == 303)
                #expect(try await api.http.request("GET", "/api/v1/keys").list().count == 1000)

                // One that expired a minute ago is still shown and takes a place; one that did so two days ago is and does not.
                let now = Timestamp.now()
                try await put([record(5, expires: now - 60_000)])
                #expect(
                    try await api.http.request("POST", "/api/v1/keys", body: #"{"name":"a","scopes":["publish"]}"#).code == 303)
                try await put([record(5, expires: now - 2 * 86_400_000)])
                #expect(try await api.http.request("GET", "/api/v1/keys/\(record(5, expires: nil).id)").status == 404)
                #expect(try await api.http.request("GET", "/api/v1/keys").list().count == 999)
                _ = try await api.createKey(["publish"])
                let ids = try await api.http.request("GET", "/api/v1/keys").list().map { $0["id"] as? String }
                #expect(ids.count == 1000)
                #expect(ids.contains(last.id) && !ids.contains(record(5, expires: nil).id))
            }
        }

        @Test func answers503WithoutRedisAnd500WhenItRefuses() async throws {
            let requests: [(String, String, String?)] = [
                ("GET", "/api/v1/keys", nil), ("POST", "/api/v1/keys", #"{"name":"a","scopes":["publish"]}"#),
                ("GET", "/api/v1/keys/aaaaaaaaaaaa", nil), ("DELETE", "/api/v1/keys/aaaaaaaaaaaa", nil),
                ("POST", "/api/v1/keys/aaaaaaaaaaaa/rotate", nil),
            ]
            try await withAPI { (api) async throws in
                try await api.redis.set(RedisKeys.apiKeys, "not a hash")
                for (method, path, body) in requests {
                    let answer = try await api.http.request(method, path, body: body)
                    #expect(answer.status == 500, "\(method) \(path)")
                    #expect(answer.code == 301, "\(method) \(path)")
                }
                try await withAPI(on: api.server, redisTimeout: nil) { (away) async throws in
                    try await away.server.kill()
                    for (method, path, body) in requests {
                        let answer = try await away.http.request(method, path, body: body)
                        #expect(answer.status == 503, "\(method) \(path)")
                        #expect(answer.code == 301, "\(method) \(path)")
                        #expect(answer.headers["retry-after"] == "1")
                    }
                }
            }
        }
    }
}
