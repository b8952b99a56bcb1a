import Foundation
import PushModels
import PushRedis
import PushTestSupport
import Testing

@testable import PushAPI

extension LiveTests {
    @Suite struct MessageArrayTests {
        private static func message(_ channels: [String], _ content: String) -> String {
            #"{"channels":["# + channels.map { "\"\($0)\"" }.joined(separator: ",") + #"],"content":"\#(content)"}"#
        }

        private static func array(_ messages: [String]) -> String { "[" + messages.joined(separator: ",") + "]" }

        private static func post(_ api: RunningAPI, _ body: String) async throws -> HTTPAnswer {
            try await api.http.request("POST", "/api/v1/messages", body: body)
        }

        @Test func publishesAllInOrderInOneStep() async throws {
            try await withAPI { (api) async throws in
                try await api.redis.send(RedisCommand("CONFIG", "RESETSTAT"))
                let answer = try await Self.post(
                    api,
                    Self.array([Self.message(["b", "a", "b"], "a 'b'"), Self.message(["é"], "2"), Self.message(["a"], "3")]))
                #expect(answer.status == 200)
                #expect(answer.headers["content-type"]?.hasPrefix("application/json") == true)
                #expect(answer.headers["x-push-message-id"] == nil)
                #expect(answer.headers["idempotency-replayed"] == nil)
                let messages = try await api.messages()
                #expect(messages.map(\.channel) == ["b", "a", "é", "a"])
                #expect(messages.map(\.content) == ["a%20%27b%27", "a%20%27b%27", "2", "3"])
                #expect(try answer.messageIDs() == [messages[0...1].map(\.id), [messages[2].id], [messages[3].id]])
                #expect(api.metric("push_api_messages_published_total") == "4")
                #expect(api.metric("push_api_publish_duration_seconds_count") == "1")

                // One command from push-api, whatever Redis does with it.
                let calls = try await api.commandCalls()
                #expect(calls["eval"] == 1)
                #expect(calls["multi"] == nil)
                #expect(calls["xadd"] == 4)
            }
        }

        @Test func takesOneMessageInAnArray() async throws {
            try await withAPI { (api) async throws in
                let answer = try await Self.post(api, Self.array([Self.message(["a"], "x")]))
                #expect(answer.status == 200)
                let id = try #require(try await api.messages().first?.id)
                #expect(answer.text == #"{"messages":[{"ids":["\#(id)"]}]}"#)
            }
        }

        @Test func publishesTheLargestArray() async throws {
            try await withAPI { (api) async throws in
                let channels = (0..<10).map { "c\($0)" }
                let body = Self.array((0..<1000).map { Self.message(channels, "m\($0)") })
                let answer = try await Self.post(api, body)
                #expect(answer.status == 200)
                let messages = try await api.messages()
                #expect(messages.count == 10_000)
                #expect(messages.enumerated().allSatisfy { $1.content == "m\($0 / 10)" && $1.channel == "c\($0 % 10)" })
                let ids = try answer.messageIDs()
                #expect(ids.map(\.count) == Array(repeating: 10, count: 1000))
                #expect(ids.flatMap { $0 } == messages.map(\.id))
            }
        }

        @Test func refusesBadInputAndPublishesNothing() async throws {
            try await withAPI { (api) async throws in
                let good = Self.message(["ok"], "x")
                let large = Self.message(["a"], String(repeating: "é", count: 6000))
                let bad: [(body: String, status: Int, code: Int, message: String)] = [
                    ("[]", 400, 100, "1 to 1000"), ("[\(good)", 400, 100, "JSON"), ("[\(good),]", 400, 100, "JSON"),
                    ("[\(good)]x", 400, 100, "JSON"), ("[\(good) \(good)]", 400, 100, "JSON"),
                    ("[\(good),{}]", 400, 102, "[1].channels"), ("[\(good),null]", 400, 102, "'[1]'"),
                    ("[\(good),[\(good)]]", 400, 102, "'[1]'"), ("[\(good),\"x\"]", 400, 102, "'[1]'"),
                    ("[\(good),\(good),\(good),\(Self.message(["a"], ""))]", 400, 102, "'[3].content'"),
                    ("[\(good),\(Self.message(["a", "b/c"], "x"))]", 400, 102, "'[1].channels[1]'"),
                    ("[\(good),\(Self.message(["ALL"], "x"))]", 400, 102, "'[1].channels[0]'"),
                    ("[\(good),\(Self.message((0...100).map { "c\($0)" }, "x"))]", 400, 102, "[1].channels"),
                    ("[\(good),\(large)]", 413, 102, "'[1].content'"),
                    (Self.array(Array(repeating: good, count: 1001)), 400, 102, "1001"),
                    (
                        Self.array(Array(repeating: Self.message((0..<100).map { "c\($0)" }, "x"), count: 101)), 400, 102,
                        "10100"
                    ),
                    (
                        Self.array(
                            Array(
                                repeating: Self.message((0..<100).map { "c\($0)" }, String(repeating: "a", count: 7000)),
                                count: 100)), 413, 102, "70000000"
                    ),
                    ("[\(good)" + String(repeating: " ", count: PublishBatch.maximumBodySize) + "]", 413, 100, "8388608"),
                    (good + String(repeating: " ", count: PublishRequest.maximumBodySize), 413, 100, "393216"),
                ]
                for (body, status, code, message) in bad {
                    let answer = try await Self.post(api, body)
                    #expect(answer.status == status, "\(body.prefix(80))")
                    #expect(answer.code == code, "\(body.prefix(80))")
                    #expect(answer.message?.contains(message) == true, "\(answer.text)")
                }
                // The same without an announced length.
                for (body, limit) in [(good, PublishRequest.maximumBodySize), ("[\(good)", PublishBatch.maximumBodySize)] {
                    let head = [
                        "POST /api/v1/messages HTTP/1.1", "Host: localhost", "Authorization: \(HTTPClient.basic)",
                        "Transfer-Encoding: chunked", "Connection: close",
                    ]
                    let size = limit + 1
                    let content = body + String(repeating: " ", count: size - body.utf8.count)
                    let chunked = head.joined(separator: "\r\n") + "\r\n\r\n\(String(size, radix: 16))\r\n\(content)\r\n0\r\n\r\n"
                    let answers = try await api.http.exchange(Array(chunked.utf8))
                    #expect(answers.map(\.status) == [413])
                    #expect(answers.first?.code == 100)
                }
                #expect(try await api.entries().isEmpty)
                // An array may be as large as that.
                let spaces = String(repeating: " ", count: PublishBatch.maximumBodySize - good.utf8.count - 2)
                #expect(try await Self.post(api, "[\(good)\(spaces)]").status == 200)
            }
        }

        @Test func publishesNothingIfOneChannelIsForbidden() async throws {
            try await withAPI { (api) async throws in
                let http = try await api.bearer(api.createKey(["publish"], prefixes: ["news-"]))
                let allowed = Self.message(["news-1"], "x")
                let body = Self.array([allowed, Self.message(["news-2", "sport"], "x")])
                for headers in [[], ["Idempotency-Key: k"]] {
                    let answer = try await http.request("POST", "/api/v1/messages", body: body, headers: headers)
                    #expect(answer.status == 403)
                    #expect(answer.message?.contains("'sport'") == true)
                }
                #expect(try await api.entries().isEmpty)
                #expect(try await http.request("POST", "/api/v1/messages", body: Self.array([allowed])).status == 200)
                let reader = try await api.bearer(api.createKey(["channels"]))
                let refused = try await reader.request("POST", "/api/v1/messages", body: Self.array([allowed]))
                #expect(refused.status == 403)
                #expect(refused.message?.contains("'publish'") == true)
            }
        }

        @Test func boundsTheStream() async throws {
            try await withAPI(["redis.stream.max_length": "1000"]) { (api) async throws in
                let body = Self.array(Array(repeating: Self.message(["a"], "x"), count: 700))
                for _ in 0..<5 { #expect(try await Self.post(api, body).status == 200) }
                // Redis removes whole blocks of 100 entries.
                #expect((1000...1200).contains(try await api.redis.xlen(RedisKeys.messages)))
                // An array that is longer than the stream may be is there whole all the same.
                let long = Self.array((0..<500).map { Self.message(["a", "b", "c", "d", "e"], "m\($0)") })
                #expect(try await Self.post(api, long).status == 200)
                let contents = try await api.messages().map(\.content).filter { $0 != "x" }
                #expect(contents.count == 2500)
                #expect(Set(contents).count == 500)
            }
        }

        @Test func nothingComesBetweenTheMessagesOfAnArray() async throws {
            try await withAPI { (api) async throws in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for publisher in 0..<8 {
                        group.addTask {
                            for number in 0..<10 {
                                let messages = (0..<20).map { Self.message(["c\($0 % 3)"], "\(publisher)-\(number)-\($0)") }
                                let answer = try await Self.post(api, Self.array(messages))
                                #expect(answer.status == 200)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                let contents = try await api.messages().map(\.content)
                #expect(contents.count == 1600)
                for start in stride(from: 0, to: contents.count, by: 20) {
                    let name = contents[start].prefix { $0 != "-" }
                    let number = contents[start].split(separator: "-")[1]
                    #expect(Array(contents[start..<start + 20]) == (0..<20).map { "\(name)-\(number)-\($0)" })
                }
                for publisher in 0..<8 {
                    let own = contents.filter { $0.hasPrefix("\(publisher)-") && $0.hasSuffix("-0") }
                    #expect(own == (0..<10).map { "\(publisher)-\($0)-0" })
                }
            }
        }

        @Test func publishesNothingWhenRedisIsFull() async throws {
            try await withAPI { (api) async throws in
                try await api.redis.send(RedisCommand("CONFIG", "SET", "maxmemory", "1"))
                let body = Self.array((0..<50).map { Self.message(["a", "b"], "m\($0)") })
                for headers in [[], ["Idempotency-Key: full"]] {
                    let answer = try await api.http.request("POST", "/api/v1/messages", body: body, headers: headers)
                    #expect(answer.status == 503)
                    #expect(answer.code == 101)
                    #expect(answer.headers["retry-after"] == "1")
                    #expect(answer.message?.contains("Redis is full") == true)
                }
                try await api.redis.send(RedisCommand("CONFIG", "SET", "maxmemory", "0"))
                #expect(try await api.redis.scan().keys.isEmpty)
                // The key has no answer yet, so it is free.
                let answer = try await api.http.request(
                    "POST", "/api/v1/messages", body: body, headers: ["Idempotency-Key: full"])
                #expect(answer.status == 200)
                #expect(answer.headers["idempotency-replayed"] == nil)
                #expect(try await api.messages().count == 100)
            }
        }

        @Test func aRedisThatFillsUpMeanwhileHasWholeArraysOnly() async throws {
            // The next arrays cross the limit sooner or later, each of them in the middle of its entries if it could.
            try await withAPI { (api) async throws in
                let used = try #require(
                    try await api.redis.send(RedisCommand("INFO", "memory")).string?.split(separator: "\r\n")
                        .first { $0.hasPrefix("used_memory:") }.flatMap { Int($0.dropFirst("used_memory:".count)) })
                try await api.redis.send(RedisCommand("CONFIG", "SET", "maxmemory", used + 3_000_000))
                var accepted = 0
                var status = 200
                while status == 200, accepted < 200 {
                    let content = "\(accepted)x" + String(repeating: "a", count: 2000)
                    status = try await Self.post(api, Self.array((0..<40).map { _ in Self.message(["a"], content) })).status
                    if status == 200 { accepted += 1 }
                }
                #expect(status == 503)
                try await api.redis.send(RedisCommand("CONFIG", "SET", "maxmemory", "0"))
                let counts = Dictionary(grouping: try await api.messages(), by: { $0.content.prefix { $0 != "x" } })
                #expect(counts.count == accepted)
                #expect(counts.values.allSatisfy { $0.count == 40 })
            }
        }

        @Test func answers500WhenRedisRefuses() async throws {
            try await withAPI { (api) async throws in
                try await api.redis.set(RedisKeys.messages, "not a stream")
                for headers in [[], ["Idempotency-Key: refused"]] {
                    let answer = try await api.http.request(
                        "POST", "/api/v1/messages", body: Self.array([Self.message(["a"], "x")]), headers: headers)
                    #expect(answer.status == 500)
                    #expect(answer.code == 101)
                    #expect(answer.headers["retry-after"] == nil)
                }
                #expect(try await api.redis.scan().keys == [RedisKeys.messages])
            }
        }

        @Test func boundsTheLargeBodiesThatAreHereAtOnce() async throws {
            try await withAPI { (api) async throws in
                let spaces = String(repeating: " ", count: PublishRequest.maximumBodySize)
                let whole = "[\(spaces)\(Self.message(["a"], "x"))]"
                let head = [
                    "POST /api/v1/messages HTTP/1.1", "Host: localhost", "Authorization: \(HTTPClient.basic)",
                    "Content-Length: \(whole.utf8.count)", "Connection: close",
                ]
                let unfinished = Array((head.joined(separator: "\r\n") + "\r\n\r\n" + whole).utf8.dropLast(5))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<LargeBodies.maximumCount {
                        // One that is refused, because another request had the last place, tries again.
                        group.addTask { while !Task.isCancelled { _ = try? await api.http.exchange(unfinished) } }
                    }
                    try await eventually("a refusal") {
                        let answer = try await Self.post(api, whole)
                        guard answer.status == 503 else { return false }
                        #expect(answer.code == 101)
                        #expect(answer.headers["retry-after"] == "1")
                        return true
                    }
                    // Small ones go on.
                    #expect(try await Self.post(api, Self.message(["a"], "x")).status == 204)
                    group.cancelAll()
                }
                try await eventually("room again") { try await Self.post(api, whole).status == 200 }
            }
        }
    }
}
