import Foundation
import PushModels
import PushRedis
import PushTestSupport
import Testing

@testable import PushAPI

extension LiveTests {
    @Suite struct IdempotencyTests {
        private static let one = #"{"channels":["a","b"],"content":"x"}"#
        private static let array = #"[{"channels":["a","b"],"content":"1"},{"channels":["c"],"content":"2"}]"#

        private static func post(_ http: HTTPClient, _ body: String, _ keys: String...) async throws -> HTTPAnswer {
            try await http.request("POST", "/api/v1/messages", body: body, headers: keys.map { "Idempotency-Key: \($0)" })
        }

        /// Whether `again` is what `first` was, and says that it is a repetition.
        private static func expectReplay(_ again: HTTPAnswer, of first: HTTPAnswer) {
            #expect(again.status == first.status)
            #expect(again.body == first.body)
            #expect(again.headers["x-push-message-id"] == first.headers["x-push-message-id"])
            #expect(again.headers["content-type"] == first.headers["content-type"])
            #expect(first.headers["idempotency-replayed"] == nil)
            #expect(again.headers["idempotency-replayed"] == "true")
        }

        private static func rememberedKey(_ api: RunningAPI) async throws -> String {
            let keys = try await api.redis.scan(matching: "push_idempotency:*").keys
            #expect(keys.count == 1)
            return try #require(keys.first)
        }

        @Test(arguments: [one, #"{"channels":["a"],"content":"x"}"#, array])
        func publishesOnceAndAnswersTheSame(body: String) async throws {
            try await withAPI { (api) async throws in
                let first = try await Self.post(api.http, body, "key-1")
                #expect(first.status == (body.hasPrefix("[") ? 200 : 204))
                let messages = try await api.messages()
                Self.expectReplay(try await Self.post(api.http, body, "key-1"), of: first)
                // The quotes of a structured field are not part of the key.
                Self.expectReplay(try await Self.post(api.http, body, "\"key-1\""), of: first)
                #expect(try await api.messages().map(\.id) == messages.map(\.id))
                #expect(api.metric("push_api_messages_published_total") == "\(messages.count)")
                #expect(api.metric("push_api_publications_replayed_total") == "2")

                let other = try await Self.post(api.http, body, "key-2")
                #expect(other.status == first.status)
                #expect(other.headers["idempotency-replayed"] == nil)
                let none = try await Self.post(api.http, body)
                #expect(none.headers["idempotency-replayed"] == nil)
                #expect(try await api.messages().count == 3 * messages.count)
            }
        }

        @Test func publishesInOneCommand() async throws {
            try await withAPI { (api) async throws in
                try await api.redis.send(RedisCommand("CONFIG", "RESETSTAT"))
                #expect(try await Self.post(api.http, #"{"channels":["a"],"content":"x"}"#, "k").status == 204)
                #expect(try await api.commandCalls()["eval"] == 1)
                // Without a key, one message for one channel is an XADD and nothing else.
                try await api.redis.send(RedisCommand("CONFIG", "RESETSTAT"))
                #expect(try await Self.post(api.http, #"{"channels":["a"],"content":"x"}"#).status == 204)
                let calls = try await api.commandCalls()
                #expect(calls["xadd"] == 1)
                #expect(calls["eval"] == nil)
                #expect(calls["multi"] == nil)
            }
        }

        @Test func refusesAnotherBody() async throws {
            try await withAPI { (api) async throws in
                let first = try await Self.post(api.http, Self.one, "k")
                for body in [Self.array, #"{"channels":["a","b"],"content":"y"}"#, Self.one + " "] {
                    let other = try await Self.post(api.http, body, "k")
                    #expect(other.status == 422)
                    #expect(other.code == 103)
                    #expect(other.message?.contains("Idempotency-Key") == true)
                }
                #expect(try await api.messages().count == 2)
                Self.expectReplay(try await Self.post(api.http, Self.one, "k"), of: first)
                #expect(api.metric(#"push_api_errors_total{code="103"}"#) == "3")
            }
        }

        @Test func keysOfDifferentPrincipalsDoNotMeet() async throws {
            try await withAPI { (api) async throws in
                let first = try await api.bearer(api.createKey(["publish"]))
                let second = try await api.bearer(api.createKey(["publish"]))
                let answer = try await Self.post(first, Self.one, "k")
                #expect(answer.status == 204)
                for http in [second, api.http] {
                    let other = try await Self.post(http, Self.array, "k")
                    #expect(other.status == 200)
                    #expect(other.headers["idempotency-replayed"] == nil)
                }
                Self.expectReplay(try await Self.post(first, Self.one, "k"), of: answer)
                #expect(try await api.messages().count == 8)
            }
        }

        @Test func remembersTenMinutes() async throws {
            try await withAPI { (api) async throws in
                let first = try await Self.post(api.http, Self.array, "k")
                let key = try await Self.rememberedKey(api)
                #expect(!key.contains("k:") && key.hasPrefix("push_idempotency:{push_messages}:"))
                guard case .remaining(let remaining) = try await api.redis.ttl(key) else {
                    Issue.record("the answer is kept for ever")
                    return
                }
                #expect((.seconds(500)...(.seconds(600))).contains(remaining))
                // A repetition does not prolong it.
                try await api.redis.expire(key, after: .seconds(300))
                Self.expectReplay(try await Self.post(api.http, Self.array, "k"), of: first)
                guard case .remaining(let rest) = try await api.redis.ttl(key) else {
                    Issue.record("the answer is kept for ever")
                    return
                }
                #expect(rest <= .seconds(300))
                // What is left of the time passes at once.
                try await api.redis.expire(key, after: .zero)
                let later = try await Self.post(api.http, Self.array, "k")
                #expect(later.status == 200)
                #expect(later.headers["idempotency-replayed"] == nil)
                #expect(try await api.messages().count == 6)
            }
        }

        @Test func doesNotRememberRefusals() async throws {
            try await withAPI { (api) async throws in
                #expect(try await Self.post(api.http, #"{"channels":[],"content":"x"}"#, "k").status == 400)
                #expect(try await Self.post(api.http, "[", "k").status == 400)
                let first = try await Self.post(api.http, Self.one, "k")
                #expect(first.status == 204)
                #expect(first.headers["idempotency-replayed"] == nil)
            }
        }

        @Test func refusesMalformedKeys() async throws {
            try await withAPI { (api) async throws in
                let malformed = ["", "a b", "é", "\"a", "\"\"", String(repeating: "k", count: 256), "\"a\" ; p"]
                for key in malformed {
                    let answer = try await Self.post(api.http, Self.one, key)
                    #expect(answer.status == 400, "\(key)")
                    #expect(answer.code == 104, "\(key)")
                    #expect(answer.message?.contains("255") == true)
                }
                let twice = try await Self.post(api.http, Self.one, "a", "a")
                #expect(twice.status == 400)
                #expect(twice.code == 104)
                #expect(try await api.redis.scan().keys.isEmpty)
                let longest = try await Self.post(api.http, Self.one, String(repeating: "k", count: 255))
                #expect(longest.status == 204)
            }
        }

        @Test(arguments: [one, array])
        func publishesOnceForFiftyRequestsAtOnce(body: String) async throws {
            try await withAPI { (api) async throws in
                // Half of them at another push-api on the same Redis.
                try await withAPI(on: api.server) { (other) async throws in
                    let answers = try await withThrowingTaskGroup(of: HTTPAnswer.self) { group in
                        for number in 0..<50 {
                            let http = number.isMultiple(of: 2) ? api.http : other.http
                            group.addTask { try await Self.post(http, body, "the-same") }
                        }
                        return try await group.reduce(into: [HTTPAnswer]()) { $0.append($1) }
                    }
                    let first = try #require(answers.first { $0.headers["idempotency-replayed"] == nil })
                    #expect(answers.count == 50)
                    #expect(answers.filter { $0.headers["idempotency-replayed"] == "true" }.count == 49)
                    #expect(answers.allSatisfy { $0.status == first.status && $0.body == first.body })
                    #expect(Set(answers.map { $0.headers["x-push-message-id"] }).count == 1)
                    #expect(try await api.messages().count == (body.hasPrefix("[") ? 3 : 2))
                }
            }
        }

        @Test func givesTheIDsAlsoWhenTheMillisecondChangedBetweenThem() async throws {
            try await withAPI { (api) async throws in
                // An entry from a clock that is ahead: Redis then counts on from its id. Near the end of the sequence numbers
                // the next entry needs the next millisecond.
                try await api.redis.send(
                    RedisCommand("XADD", RedisKeys.messages, "99999999999999-18446744073709551613", "other", "x"))
                let first = try await Self.post(api.http, Self.array, "k")
                #expect(
                    try first.messageIDs() == [
                        ["99999999999999-18446744073709551614", "99999999999999-18446744073709551615"], ["100000000000000-0"],
                    ])
                #expect(try await api.messages().map(\.id) == first.messageIDs().flatMap { $0 })
                Self.expectReplay(try await Self.post(api.http, Self.array, "k"), of: first)
            }
        }

        @Test func aKilledRedisStillKnows() async throws {
            let durable = RedisServer.Options(isAppendOnly: true, configuration: ["appendfsync always"])
            try await withAPI(redis: durable, redisTimeout: .seconds(5)) { (api) async throws in
                let first = try await Self.post(api.http, Self.array, "k")
                #expect(first.status == 200)
                try await api.server.kill()
                let away = try await Self.post(api.http, Self.array, "k")
                #expect(away.status == 503)
                #expect(away.headers["retry-after"] == "1")
                try await api.server.launch()
                try await eventually("Redis") {
                    try await api.http.request("GET", "/readyz").status == 200
                }
                Self.expectReplay(try await Self.post(api.http, Self.array, "k"), of: first)
                #expect(try await api.messages().count == 3)
            }
        }
    }
}
