import Foundation
import PushModels
import PushRedis
import PushTestSupport
import Testing

@testable import PushAPI

extension LiveTests {
    @Suite struct RateLimitTests {
        private static func publish(
            _ http: HTTPClient, channels: [String] = ["a"], content: String = "x"
        ) async throws -> HTTPAnswer {
            let list = channels.map { "\"\($0)\"" }.joined(separator: ",")
            return try await http.request("POST", "/api/v1/messages", body: #"{"channels":[\#(list)],"content":"\#(content)"}"#)
        }

        /// The statuses of one publication by each client, all at once.
        private static func publishAtOnce(_ clients: [HTTPClient]) async throws -> [Int] {
            try await withThrowingTaskGroup(of: Int.self) { group in
                for http in clients {
                    group.addTask { try await Self.publish(http).status }
                }
                var statuses: [Int] = []
                for try await status in group { statuses.append(status) }
                return statuses
            }
        }

        /// Sets what a key has used up, at a time to come, so that none of it drains until the next request.
        private static func setLevels(_ api: RunningAPI, _ key: TestKey, messages: Int, bytes: Int) async throws {
            let later = (Timestamp.now() + 3_600_000) * 1000
            try await api.redis.set(RedisKeys.rateLimit(apiKey: key.id), "\(later) \(messages) \(bytes)")
        }

        @Test func tellsTheLimitsAndWhatIsLeft() async throws {
            try await withAPI { (api) async throws in
                let key = try await api.createKey(["publish"], limits: #"{"messagesPerSecond":5,"bytesPerSecond":1000}"#)
                let first = try await Self.publish(api.bearer(key), channels: ["a", "b"], content: "é%")
                #expect(first.status == 204)
                #expect(first.headers["ratelimit-policy"] == #""messages";q=5;w=1, "bytes";q=1000;w=1"#)
                // Two channels, three bytes each.
                #expect(first.headers["ratelimit"] == #""messages";r=3;t=1, "bytes";r=994;t=1"#)

                try await Self.setLevels(api, key, messages: 5, bytes: 0)
                let refused = try await Self.publish(api.bearer(key))
                #expect(refused.status == 429)
                #expect(refused.code == 429)
                #expect(refused.headers["retry-after"] == "1")
                #expect(refused.headers["ratelimit-policy"] == #""messages";q=5;w=1, "bytes";q=1000;w=1"#)
                #expect(refused.headers["ratelimit"] == #""messages";r=0;t=1, "bytes";r=1000;t=0"#)
                #expect(refused.message?.contains("limit of messages") == true)
                #expect(try await api.messages().count == 2)
                #expect(api.metric(#"push_api_rate_limited_total{limit="messages"}"#) == "1")
                #expect(api.metric(#"push_api_rate_limited_total{limit="bytes"}"#) == "0")
            }
        }

        @Test func repetitionsGetTheirAnswerWhateverTheLimit() async throws {
            try await withAPI { (api) async throws in
                let key = try await api.createKey(["publish"], limits: #"{"messagesPerSecond":1}"#)
                func publish(_ content: String) async throws -> HTTPAnswer {
                    try await api.bearer(key).request(
                        "POST", "/api/v1/messages", body: #"{"channels":["a"],"content":"\#(content)"}"#,
                        headers: ["Idempotency-Key: k"])
                }
                let first = try await publish("x")
                #expect(first.status == 204)
                try await Self.setLevels(api, key, messages: 1, bytes: 0)
                let second = try await publish("x")
                #expect(second.status == 204)
                #expect(second.headers["idempotency-replayed"] == "true")
                #expect(second.headers["x-push-message-id"] == first.headers["x-push-message-id"])
                #expect(try await publish("y").status == 422)
                #expect(try await api.messages().count == 1)
            }
        }

        @Test func decidesAboutMessagesAndBytesTogether() async throws {
            try await withAPI { (api) async throws in
                let key = try await api.createKey(["publish"], limits: #"{"messagesPerSecond":2,"bytesPerSecond":100}"#)
                try await Self.setLevels(api, key, messages: 1, bytes: 60)
                let refused = try await Self.publish(api.bearer(key), content: String(repeating: "x", count: 50))
                #expect(refused.status == 429)
                // Nothing was taken, of the messages neither.
                #expect(refused.headers["ratelimit"] == #""messages";r=1;t=1, "bytes";r=40;t=1"#)
                #expect(refused.message?.contains("limit of bytes") == true)
                try await Self.setLevels(api, key, messages: 1, bytes: 60)
                let passed = try await Self.publish(api.bearer(key), content: String(repeating: "x", count: 40))
                #expect(passed.status == 204)
                #expect(passed.headers["ratelimit"] == #""messages";r=0;t=1, "bytes";r=0;t=1"#)

                try await Self.setLevels(api, key, messages: 2, bytes: 100)
                let both = try await Self.publish(api.bearer(key))
                #expect(both.status == 429)
                #expect(both.message?.contains("limit of messages and bytes") == true)
                #expect(api.metric(#"push_api_rate_limited_total{limit="messages"}"#) == "1")
                #expect(api.metric(#"push_api_rate_limited_total{limit="bytes"}"#) == "2")
                // It passes again in time, although the clock seems to have been set back.
                try await eventually { try await Self.publish(api.bearer(key)).status == 204 }
            }
        }

        @Test func holdsOverSeveralInstancesAndParallelRequests() async throws {
            try await withAPI { (one) async throws in
                try await withAPI(on: one.server) { (other) async throws in
                    let limit = 10
                    let key = try await one.createKey(["publish"], limits: #"{"messagesPerSecond":\#(limit)}"#)
                    let start = ContinuousClock.now
                    let ports = (0..<25).flatMap { _ in [one.http.port, other.http.port] }
                    let clients = ports.map { HTTPClient(port: $0, authorization: "Bearer \(key.text)") }
                    let statuses = try await Self.publishAtOnce(clients)
                    let seconds = start.duration(to: .now) / .seconds(1)
                    let passed = statuses.count { $0 == 204 }
                    #expect(statuses.allSatisfy { $0 == 204 || $0 == 429 })
                    #expect(passed >= limit)
                    #expect(Double(passed) <= Double(limit) * (1 + seconds))
                    #expect(try await one.messages().count == passed)
                }
            }
        }

        @Test func refusesForGoodWhatCouldNeverPass() async throws {
            try await withAPI { (api) async throws in
                let key = try await api.createKey(["publish"], limits: #"{"messagesPerSecond":2,"bytesPerSecond":10}"#)
                let messages = try await Self.publish(api.bearer(key), channels: ["a", "b", "c"])
                #expect(messages.status == 400)
                #expect(messages.code == 102)
                #expect(messages.message?.contains("2 per second") == true)
                let bytes = try await Self.publish(api.bearer(key), channels: ["a", "b"], content: "123456")
                #expect(bytes.status == 413)
                #expect(bytes.code == 102)
                #expect(bytes.message?.contains("10 per second") == true)
                for answer in [messages, bytes] {
                    #expect(answer.headers["retry-after"] == nil)
                    #expect(answer.headers["ratelimit"] == #""messages";r=2;t=0, "bytes";r=10;t=0"#)
                }
                #expect(try await Self.publish(api.bearer(key), channels: ["a", "b"], content: "12345").status == 204)
                #expect(try await api.messages().count == 2)
            }
        }

        @Test func saysSoInEveryAnswerToALimitedKeyAndInNoOther() async throws {
            try await withAPI { (api) async throws in
                let limited = try await api.createKey(["publish"], prefixes: ["a"], limits: #"{"bytesPerSecond":100}"#)
                let malformed = try await api.bearer(limited).request("POST", "/api/v1/messages", body: "{")
                #expect(malformed.status == 400)
                let foreign = try await Self.publish(api.bearer(limited), channels: ["b"])
                #expect(foreign.status == 403)
                for answer in [malformed, foreign] {
                    #expect(answer.headers["ratelimit-policy"] == #""bytes";q=100;w=1"#)
                    #expect(answer.headers["ratelimit"] == #""bytes";r=100;t=0"#)
                }
                let unlimited = try await Self.publish(api.bearer(api.createKey(["publish"])))
                for answer in [unlimited, try await Self.publish(api.http)] {
                    #expect(answer.status == 204)
                    #expect(answer.headers["ratelimit"] == nil && answer.headers["ratelimit-policy"] == nil)
                }
                // A limit is for publishing.
                let auth = try await api.bearer(limited).request("GET", "/api/v1/auth")
                #expect(auth.headers["ratelimit"] == nil)
            }
        }

        @Test func countsAndChecksEveryMessageOfAnArray() async throws {
            try await withAPI { (api) async throws in
                let key = try await api.createKey(
                    ["publish"], prefixes: ["a"], limits: #"{"messagesPerSecond":5,"bytesPerSecond":100}"#)
                func publish(_ body: String) async throws -> HTTPAnswer {
                    try await api.bearer(key).request("POST", "/api/v1/messages", body: body)
                }
                let foreign = try await publish(#"[{"channels":["a"],"content":"x"},{"channels":["a","b"],"content":"x"}]"#)
                #expect(foreign.status == 403)
                #expect(try await api.messages().isEmpty)
                let passed = try await publish(
                    #"[{"channels":["a1"],"content":"123"},{"channels":["a1","a2"],"content":"1234"}]"#)
                #expect(passed.status == 200)
                #expect(passed.headers["ratelimit"] == #""messages";r=2;t=1, "bytes";r=89;t=1"#)
                try await Self.setLevels(api, key, messages: 4, bytes: 0)
                let refused = try await publish(#"[{"channels":["a1"],"content":"1"},{"channels":["a1"],"content":"2"}]"#)
                #expect(refused.status == 429)
                #expect(try await api.messages().count == 3)
                let six = (0..<6).map { #"{"channels":["a\#($0)"],"content":"x"}"# }.joined(separator: ",")
                #expect(try await publish("[\(six)]").status == 400)
            }
        }

        @Test func keysDoNotShareALimit() async throws {
            try await withAPI { (api) async throws in
                let first = try await api.createKey(["publish"], limits: #"{"messagesPerSecond":1}"#)
                let second = try await api.createKey(["publish"], limits: #"{"messagesPerSecond":1}"#)
                try await Self.setLevels(api, first, messages: 1, bytes: 0)
                #expect(try await Self.publish(api.bearer(first)).status == 429)
                #expect(try await Self.publish(api.bearer(second)).status == 204)
                // What is used up ends by itself.
                guard case .remaining(let time) = try await api.redis.ttl(RedisKeys.rateLimit(apiKey: second.id)) else {
                    Issue.record("the state of a limit lives for ever")
                    return
                }
                #expect(time <= .seconds(2))
            }
        }

        @Test func theLimitOfTheServiceIsForAllPublishersTogether() async throws {
            let limits = ["limits.messages_per_second": "4"]
            try await withAPI(limits) { (one) async throws in
                try await withAPI(on: one.server, limits) { (other) async throws in
                    let first = try await Self.publish(one.http, channels: ["a", "b"])
                    #expect(first.status == 204)
                    #expect(first.headers["ratelimit-policy"] == #""messages";q=4;w=1"#)
                    let later = (Timestamp.now() + 3_600_000) * 1000
                    try await one.redis.set(RedisKeys.serviceRateLimit, "\(later) 4 0")
                    let limited = try await one.createKey(["publish"], limits: #"{"messagesPerSecond":3}"#)
                    for client in [other.http, other.bearer(limited), one.bearer(limited)] {
                        try await one.redis.set(RedisKeys.serviceRateLimit, "\(later) 4 0")
                        let refused = try await Self.publish(client)
                        #expect(refused.status == 429)
                        #expect(refused.headers["retry-after"] == "1")
                        #expect(refused.message?.contains("this Push Service has reached its limit of messages") == true)
                    }
                    let never = try await Self.publish(one.http, channels: ["a", "b", "c", "d", "e"])
                    #expect(never.status == 400)
                    #expect(try await one.messages().count == 2)
                    // What a key has too much is not taken from the others.
                    try await one.redis.set(RedisKeys.serviceRateLimit, "\(later) 0 0")
                    try await Self.setLevels(one, limited, messages: 3, bytes: 0)
                    #expect(try await Self.publish(one.bearer(limited)).status == 429)
                    let answer = try await Self.publish(other.http, channels: ["a", "b", "c", "d"])
                    #expect(answer.status == 204)
                }
            }
        }

        @Test func answers503WithoutRedis() async throws {
            try await withAPI { (api) async throws in
                let key = try await api.createKey(["publish"], limits: #"{"messagesPerSecond":100}"#)
                #expect(try await Self.publish(api.bearer(key)).status == 204)
                // It still takes connections and answers nothing.
                api.server.pause()
                let start = ContinuousClock.now
                let answer = try await Self.publish(api.bearer(key))
                #expect(answer.status == 503)
                #expect(answer.headers["retry-after"] == "1")
                #expect(start.duration(to: .now) < .seconds(2))
                api.server.resume()
                try await eventually { try await Self.publish(api.bearer(key)).status == 204 }
                let contents = try await api.messages().map(\.content)
                #expect(contents.allSatisfy { $0 == "x" })
            }
        }
    }
}
