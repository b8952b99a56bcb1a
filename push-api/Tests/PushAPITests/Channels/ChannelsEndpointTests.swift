import Foundation
import Logging
import NIOCore
import PushModels
import PushRedis
import PushTestSupport
import Testing

@testable import PushAPI

extension LiveTests {
    @Suite struct ChannelsEndpointTests {
        private static func records(_ answer: HTTPAnswer) throws -> [ChannelRecord] {
            try JSONDecoder().decode([ChannelRecord].self, from: Data(answer.body))
        }

        @Test func createsReadsListsAndDeletes() async throws {
            try await withAPI { (api) async throws in
                let before = Timestamp.now()
                let created = try await api.http.request("POST", "/api/v1/channels", body: #"{"id":"news","ttl":3600}"#)
                #expect(created.status == 201)
                let record = try JSONDecoder().decode(ChannelRecord.self, from: Data(created.body))
                #expect(record.id == "news")
                #expect(record.ttl == 3600)
                #expect(record.created.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
                let time = try #require(Timestamp.parse(record.created))
                #expect((before...Timestamp.now()).contains(time))

                let stored = try #require(try await api.redis.get("ch_news"))
                #expect(try JSONDecoder().decode(ChannelRecord.self, from: Data(stored)) == record)
                #expect(!String(decoding: stored, as: UTF8.self).contains("expires"))
                #expect(try created.json()["expires"] as? String == Timestamp.format(milliseconds: time + 3_600_000))
                guard case .remaining(let remaining) = try await api.redis.ttl("ch_news") else {
                    Issue.record("the record does not expire")
                    return
                }
                #expect((.seconds(3500)...(.seconds(3600))).contains(remaining))
                #expect(try await api.redis.send(RedisCommand("ZSCORE", RedisKeys.channelIndex, "news")).double == Double(time))
                // It exists at once on every push-stream.
                #expect(try await api.ensured() == [["news"]])

                #expect(try await api.http.request("POST", "/api/v1/channels", body: #"{"id":"for ever?"}"#).status == 400)
                #expect(try await api.http.request("POST", "/api/v1/channels", body: #"{"id":"ever?"}"#).status == 201)
                #expect(try await api.redis.ttl("ch_ever?") == .persistent)

                let list = try await api.http.request("GET", "/api/v1/channels")
                #expect(list.status == 200)
                #expect(try Self.records(list).map(\.id) == ["news", "ever?"])
                let one = try await api.http.request("GET", "/api/v1/channels/ever%3F")
                #expect(one.status == 200)
                #expect(try one.json()["ttl"] as? Int == 0)

                let deleted = try await api.http.request("DELETE", "/api/v1/channels/news")
                #expect(deleted.status == 204)
                #expect(deleted.body.isEmpty)
                #expect(try Self.records(try await api.http.request("GET", "/api/v1/channels")).map(\.id) == ["ever?"])
                #expect(try await api.redis.zrange(RedisKeys.channelIndex) == ["ever?"])
                #expect(api.metric("push_api_channels_created_total") == "2")
            }
        }

        @Test func refusesAChannelThatExists() async throws {
            try await withAPI { (api) async throws in
                #expect(try await api.http.request("POST", "/api/v1/channels", body: #"{"id":"a","ttl":60}"#).status == 201)
                let again = try await api.http.request("POST", "/api/v1/channels", body: #"{"id":"a","ttl":0}"#)
                #expect(again.status == 400)
                #expect(again.code == 11)
                #expect(try await api.http.request("GET", "/api/v1/channels/a").json()["ttl"] as? Int == 60)
                #expect(try await api.ensured() == [["a"]])
            }
        }

        @Test func createsOnceForFiftyCallersAtOnce() async throws {
            try await withAPI { (api) async throws in
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<50 {
                        group.addTask { try await api.http.request("POST", "/api/v1/channels", body: #"{"id":"one"}"#).status }
                    }
                    return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
                }
                #expect(statuses == [201: 1, 400: 49])
                #expect(try await api.ensured() == [["one"]])
            }
        }

        @Test func refusesBadInputAndCreatesNothing() async throws {
            try await withAPI { (api) async throws in
                let bodies: [[UInt8]] =
                    [
                        "", "x", "[]", "{}", #"{"id":5}"#, #"{"id":"a/b"}"#, #"{"id":"a","ttl":-1}"#, #"{"id":"a","ttl":"60"}"#,
                        #"{"id":"a","ttl":1.5}"#, #"{"id":"a","ttl":315360001}"#, #"{"id":""}"#, #"{"id":"ALL"}"#,
                        #"{"id":"a\n"}"#,
                    ]
                    .map { Array($0.utf8) } + [Array(#"{"id":""#.utf8) + [0xC3] + Array(#""}"#.utf8)]
                for body in bodies {
                    let answer = try await api.http.request("POST", "/api/v1/channels", bytes: body)
                    #expect(answer.status == 400, "\(String(decoding: body, as: UTF8.self))")
                    #expect(answer.code == 10)
                    #expect(answer.message?.isEmpty == false)
                }
                let large = try await api.http.request("POST", "/api/v1/channels", body: String(repeating: " ", count: 20_000))
                #expect(large.status == 413)
                #expect(large.code == 10)
                #expect(try await api.redis.scan().keys.isEmpty)
            }
        }

        @Test(arguments: [
            "none", "a%2Fb", "%2F", "%2e%2e", "%00", "%FF", "%", "a%20b", "ALL", "x.b1", String(repeating: "a", count: 201),
        ])
        func answers404ForIDsThatNoChannelHas(id: String) async throws {
            try await withAPI { (api) async throws in
                let read = try await api.http.request("GET", "/api/v1/channels/\(id)")
                #expect(read.status == 404)
                #expect(read.code == 20)
                let deleted = try await api.http.request("DELETE", "/api/v1/channels/\(id)")
                #expect(deleted.status == 404)
                #expect(deleted.code == 30)
            }
        }

        @Test func decodesIDsInThePath() async throws {
            try await withAPI { (api) async throws in
                let id = "é#?%:+&\u{1F600}"
                #expect(try await api.http.request("POST", "/api/v1/channels", body: #"{"id":"\#(id)"}"#).status == 201)
                let answer = try await api.http.request("GET", "/api/v1/channels/" + ContentEncoding.encode(id))
                #expect(answer.status == 200)
                #expect(try answer.json()["id"] as? String == id)
            }
        }

        @Test func listsOldestFirstAndDropsWhatHasExpired() async throws {
            try await withAPI { (api) async throws in
                // Older channels than the ones created below, in more chunks than one, a third of them expired.
                var commands: [RedisCommand] = []
                for number in 0..<1500 {
                    commands.append(.zadd(RedisKeys.channelIndex, score: Double(number), member: "c\(number)"))
                    if number % 3 != 0 {
                        let record = #"{"id":"c\#(number)","ttl":0,"created":"1970-01-01T00:00:00.000Z"}"#
                        commands.append(.set("ch_c\(number)", record))
                    }
                }
                _ = try await api.redis.send(pipeline: commands)
                #expect(try await api.http.request("POST", "/api/v1/channels", body: #"{"id":"short","ttl":60}"#).status == 201)
                let expected = (0..<1500).filter { $0 % 3 != 0 }.map { "c\($0)" }
                #expect(try Self.records(try await api.http.request("GET", "/api/v1/channels")).map(\.id) == expected + ["short"])
                #expect(try await api.redis.zcard(RedisKeys.channelIndex) == 1001)

                // What is left of the minute passes at once.
                try await api.redis.expire("ch_short", after: .milliseconds(1))
                try await eventually("the end of the channel") {
                    try await api.http.request("GET", "/api/v1/channels/short").status == 404
                }
                #expect(try Self.records(try await api.http.request("GET", "/api/v1/channels")).map(\.id) == expected)
                #expect(try await api.redis.zcard(RedisKeys.channelIndex) == 1000)
            }
        }

        @Test func readsRecordsOfOlderVersionsAndLeavesOutBrokenOnes() async throws {
            try await withAPI(["redis.db.channel.prefix": "old*"]) { (api) async throws in
                try await api.redis.set("old*_a", #"{"id":"a","ttl":5,"created":"2019-09-01T12:00:00.123456789Z"}"#)
                try await api.redis.set("old*_b", "broken")
                _ = try await api.redis.send(pipeline: [
                    .zadd(RedisKeys.channelIndex, score: 1, member: "a"), .zadd(RedisKeys.channelIndex, score: 2, member: "b"),
                ])
                #expect(try Self.records(try await api.http.request("GET", "/api/v1/channels")).map(\.id) == ["a"])
                let broken = try await api.http.request("GET", "/api/v1/channels/b")
                #expect(broken.status == 500)
                #expect(broken.code == 21)
            }
        }

        @Test func answers500WhenRedisRefuses() async throws {
            try await withAPI { (api) async throws in
                try await api.redis.set(RedisKeys.channelIndex, "not a sorted set")
                let list = try await api.http.request("GET", "/api/v1/channels")
                #expect(list.status == 500)
                #expect(list.code == 40)
                let created = try await api.http.request("POST", "/api/v1/channels", body: #"{"id":"a"}"#)
                #expect(created.status == 500)
                #expect(created.code == 12)
                #expect(created.message?.contains("may have been done") == true)
                _ = try await api.redis.send(RedisCommand("LPUSH", "ch_list", "x"))
                let read = try await api.http.request("GET", "/api/v1/channels/list")
                #expect(read.status == 500)
                #expect(read.code == 21)
                // The channel itself is deleted; only the index could not be told.
                #expect(try await api.http.request("DELETE", "/api/v1/channels/a").status == 204)
                #expect(try await api.redis.get("ch_a") == nil)
            }
        }

        @Test func answers500WhenRedisFallsSilentDuringADeletion() async throws {
            try await withAPI(redisTimeout: .seconds(5)) { (api) async throws in
                #expect(try await api.http.request("POST", "/api/v1/channels", body: #"{"id":"a"}"#).status == 201)
                api.server.pause()
                let answer = try await api.http.request("DELETE", "/api/v1/channels/a")
                api.server.resume()
                #expect(answer.status == 500)
                #expect(answer.code == 31)
            }
        }

        @Test func putsAChannelBackThatWasCreatedAnewWhileItsExpiryWasNoticed() async throws {
            try await withAPI { (api) async throws in
                // The record is there again, the pruner has decided on what it read before.
                try await api.redis.set("ch_a", #"{"id":"a","ttl":0,"created":"2019-09-01T12:00:00.000Z"}"#)
                let repository = ChannelRepository(
                    redis: api.redis, keys: RedisKeys(), stream: MessageStream(maximumLength: 1000), logger: .init(label: "test"))
                try await repository.removeFromIndex(["a", "b"])
                #expect(try await api.redis.zrange(RedisKeys.channelIndex) == ["a"])
            }
        }
    }
}
