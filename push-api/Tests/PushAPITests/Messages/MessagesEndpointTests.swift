import NIOCore
import PushModels
import PushRedis
import PushTestSupport
import Testing

@testable import PushAPI

extension LiveTests {
    @Suite struct MessagesEndpointTests {
        private static func body(_ channels: [String], _ content: String) -> String {
            #"{"channels":["# + channels.map { "\"\($0)\"" }.joined(separator: ",") + #"],"content":"\#(content)"}"#
        }

        @Test func publishesToEachChannelOnceInOrder() async throws {
            try await withAPI { (api) async throws in
                let answer = try await api.http.request(
                    "POST", "/api/v1/messages", body: Self.body(["b", "a", "b", "é"], "a 'b'"))
                #expect(answer.status == 204)
                #expect(answer.body.isEmpty)
                let messages = try await api.messages()
                #expect(messages.map(\.channel) == ["b", "a", "é"])
                #expect(messages.allSatisfy { $0.content == "a%20%27b%27" })
                #expect(answer.headers["x-push-message-id"] == messages.map(\.id).joined(separator: ","))
                #expect(Set(messages.map(\.id)).count == 3)

                let single = try await api.http.request("POST", "/api/v1/messages", body: Self.body(["c"], "x"))
                #expect(single.status == 204)
                let last = try await api.messages().last
                #expect(single.headers["x-push-message-id"] == last?.id)
                #expect(api.metric("push_api_messages_published_total") == "4")
                #expect(api.metric("push_api_publish_duration_seconds_count") == "2")
            }
        }

        @Test func refusesBadInputAndPublishesNothing() async throws {
            try await withAPI { (api) async throws in
                let bad: [(body: [UInt8], status: Int, code: Int)] = [
                    (Array("".utf8), 400, 100),
                    (Array("{".utf8), 400, 100),
                    (Array("[]".utf8), 400, 100),
                    (Array(#"{"channels":["a"],"content":""#.utf8) + [0xFF] + Array(#""}"#.utf8), 400, 100),
                    (Array(String(repeating: "[", count: 100_000).utf8), 400, 100),
                    (Array("{}".utf8), 400, 102),
                    (Array(#"{"channels":"a","content":"x"}"#.utf8), 400, 102),
                    (Array(#"{"channels":["a"],"content":1}"#.utf8), 400, 102),
                    (Array(Self.body([], "x").utf8), 400, 102),
                    (Array(Self.body(["ok", "a/b"], "x").utf8), 400, 102),
                    (Array(Self.body(["ok", "a\\u0000"], "x").utf8), 400, 102),
                    (Array(Self.body(["ok"], "").utf8), 400, 102),
                    (Array(Self.body((0...100).map { "c\($0)" }, "x").utf8), 400, 102),
                    (Array(Self.body(["a"], String(repeating: "é", count: 6000)).utf8), 413, 102),
                    (Array(repeating: UInt8(ascii: " "), count: PublishRequest.maximumBodySize + 1), 413, 100),
                ]
                for (body, status, code) in bad {
                    let answer = try await api.http.request("POST", "/api/v1/messages", bytes: body)
                    let sent = String(decoding: body.prefix(60), as: UTF8.self)
                    #expect(answer.status == status, "\(sent)")
                    #expect(answer.code == code, "\(sent)")
                    #expect(answer.message?.isEmpty == false)
                    #expect(answer.headers["content-type"]?.hasPrefix("application/json") == true)
                }
                // Lone surrogates are no text; whether the parser or the format check notices is its own affair.
                let surrogate = try await api.http.request("POST", "/api/v1/messages", body: Self.body(["a"], "\\ud800"))
                #expect(surrogate.status == 400)
                #expect(try await api.entries().isEmpty)
                #expect(api.metric("push_api_errors_total{code=\"102\"}") != "0")
            }
        }

        @Test func publishesTheLargestContent() async throws {
            try await withAPI { (api) async throws in
                let content = String(repeating: "a", count: 32_768)
                #expect(try await api.http.request("POST", "/api/v1/messages", body: Self.body(["a"], content)).status == 204)
                #expect(try await api.messages().map(\.content) == [content])
            }
        }

        @Test func keepsTheOrderOfEachPublisher() async throws {
            try await withAPI { (api) async throws in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for publisher in 0..<8 {
                        group.addTask {
                            for number in 0..<50 {
                                let body = Self.body(["c\(number % 5)", "all"], "\(publisher)-\(number)")
                                let answer = try await api.http.request("POST", "/api/v1/messages", body: body)
                                #expect(answer.status == 204)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                let messages = try await api.messages()
                #expect(messages.count == 800)
                for publisher in 0..<8 {
                    let own = messages.filter { $0.channel == "all" && $0.content.hasPrefix("\(publisher)-") }.map(\.content)
                    #expect(own == (0..<50).map { "\(publisher)-\($0)" })
                }
            }
        }

        @Test func boundsTheStream() async throws {
            try await withAPI(["redis.stream.max_length": "1000"]) { (api) async throws in
                let channels = (0..<100).map { "c\($0)" }
                for _ in 0..<30 {
                    #expect(try await api.http.request("POST", "/api/v1/messages", body: Self.body(channels, "x")).status == 204)
                }
                let length = try await api.redis.xlen(RedisKeys.messages)
                // Redis removes whole blocks of 100 entries.
                #expect((1000...1200).contains(length))
            }
        }

        @Test func answersTemporarilyUnavailableWhenRedisIsFull() async throws {
            try await withAPI { (api) async throws in
                try await api.redis.send(RedisCommand("CONFIG", "SET", "maxmemory", "1"))
                for channels in [["a"], ["a", "b"]] {
                    let answer = try await api.http.request("POST", "/api/v1/messages", body: Self.body(channels, "x"))
                    #expect(answer.status == 503)
                    #expect(answer.code == 101)
                    #expect(answer.headers["retry-after"] == "1")
                    #expect(answer.message?.contains("Redis is full") == true)
                }
                try await api.redis.send(RedisCommand("CONFIG", "SET", "maxmemory", "0"))
                #expect(try await api.entries().isEmpty)
            }
        }

        @Test func answers500WhenRedisRefuses() async throws {
            try await withAPI { (api) async throws in
                try await api.redis.set(RedisKeys.messages, "not a stream")
                for channels in [["a"], ["a", "b"]] {
                    let answer = try await api.http.request("POST", "/api/v1/messages", body: Self.body(channels, "x"))
                    #expect(answer.status == 500)
                    #expect(answer.code == 101)
                    #expect(answer.headers["retry-after"] == nil)
                }
                #expect(api.metric("push_api_errors_total{code=\"101\"}") == "2")
            }
        }

        @Test func saysThatTheMessageMayHaveBeenPublishedWhenRedisFallsSilent() async throws {
            try await withAPI(redisTimeout: .seconds(5)) { (api) async throws in
                #expect(try await api.http.request("POST", "/api/v1/messages", body: Self.body(["a"], "x")).status == 204)
                api.server.pause()
                let answer = try await api.http.request("POST", "/api/v1/messages", body: Self.body(["a"], "y"))
                api.server.resume()
                #expect(answer.status == 500)
                #expect(answer.code == 101)
                #expect(answer.message?.contains("may have been done") == true)
            }
        }
    }
}
