import Foundation
import PushModels
import PushRedis
import PushTestSupport
import Testing

@testable import PushAPI

extension LiveTests {
    @Suite struct ChannelPagesTests {
        /// A page as a client sees it.
        private struct Page: Decodable {
            struct Channel: Decodable, Equatable {
                let id: String
                let ttl: Int
                let created: String
                let expires: String?
            }

            let channels: [Channel]
            let cursor: String?
            let total: Int?

            var ids: [String] { self.channels.map(\.id) }
        }

        private static func page(
            _ api: RunningAPI, _ query: String, _ http: HTTPClient? = nil
        ) async throws -> Page {
            let answer = try await (http ?? api.http).request("GET", "/api/v1/channels?\(query)")
            #expect(answer.status == 200, "\(query): \(answer.text)")
            return try JSONDecoder().decode(Page.self, from: Data(answer.body))
        }

        /// All pages, with what happens between them.
        private static func allIDs(
            _ api: RunningAPI, _ query: String, _ http: HTTPClient? = nil, between: (Int) async throws -> Void = { _ in }
        ) async throws -> [String] {
            var ids: [String] = []
            var cursor: String?
            var number = 0
            repeat {
                let page = try await Self.page(api, query + (cursor.map { "&cursor=\($0)" } ?? ""), http)
                ids += page.ids
                cursor = page.cursor
                number += 1
                if cursor != nil { try await between(number) }
            } while cursor != nil && number < 10_000
            return ids
        }

        /// Writes channels as push-api keeps them.
        private static func fill(_ api: RunningAPI, _ channels: [(id: String, score: Int)]) async throws {
            for start in stride(from: 0, to: channels.count, by: 5000) {
                var commands: [RedisCommand] = []
                for (id, score) in channels[start..<min(start + 5000, channels.count)] {
                    let created = Timestamp.format(milliseconds: score)
                    commands.append(.set("ch_\(id)", #"{"id":"\#(id)","ttl":0,"created":"\#(created)"}"#))
                    commands.append(.zadd(RedisKeys.channelIndex, score: Double(score), member: id))
                }
                _ = try await api.redis.send(pipeline: commands)
            }
        }

        @Test func pagesThroughAllChannelsInBothOrders() async throws {
            try await withAPI { (api) async throws in
                let channels = (0..<25).map { (id: "c\($0)", score: 1_567_339_200_000 + $0 * 1000) }
                try await Self.fill(api, channels)
                let ids = channels.map(\.id)
                for limit in [1, 7, 24, 25, 26, 1000] {
                    #expect(try await Self.allIDs(api, "limit=\(limit)") == ids, "\(limit)")
                    #expect(try await Self.allIDs(api, "limit=\(limit)&order=newest") == ids.reversed(), "\(limit)")
                }
                let first = try await Self.page(api, "limit=7")
                #expect(first.ids == Array(ids[..<7]))
                #expect(first.total == 25)
                #expect(first.cursor != nil)
                // The last page has no cursor, also when it is full.
                #expect(try await Self.page(api, "limit=25").cursor == nil)
                #expect(try await Self.page(api, "limit=24").cursor != nil)
                // A cursor alone asks for pages too.
                #expect(try await Self.page(api, "cursor=\(first.cursor ?? "")").ids == Array(ids[7...]))
                // Without parameters the answer is the list of old.
                let whole = try await api.http.request("GET", "/api/v1/channels")
                #expect(try JSONDecoder().decode([ChannelRecord].self, from: Data(whole.body)).map(\.id) == ids)
                let ignored = try await api.http.request("GET", "/api/v1/channels?unknown=1")
                #expect(ignored.body == whole.body)
            }
        }

        @Test func hasNoChannelsWithoutAny() async throws {
            try await withAPI { (api) async throws in
                for query in ["limit=5", "order=newest", "search=a", "search="] {
                    let answer = try await api.http.request("GET", "/api/v1/channels?\(query)")
                    #expect(answer.text == #"{"channels":[],"cursor":null,"total":0}"#)
                }
                let head = try await api.http.request("HEAD", "/api/v1/channels?limit=5")
                #expect(head.status == 200)
            }
        }

        @Test func showsAHundredUnlessToldOtherwise() async throws {
            try await withAPI { (api) async throws in
                try await Self.fill(api, (0..<101).map { ("c\($0)", $0) })
                #expect(try await Self.page(api, "search=").channels.count == 100)
            }
        }

        @Test func showsWhenAChannelExpires() async throws {
            try await withAPI { (api) async throws in
                for body in [#"{"id":"a","ttl":3600}"#, #"{"id":"b"}"#] {
                    #expect(try await api.http.request("POST", "/api/v1/channels", body: body).status == 201)
                }
                let channels = try await Self.page(api, "limit=10").channels
                let created = try #require(channels.first.flatMap { Timestamp.parse($0.created) })
                let expires = Timestamp.format(milliseconds: created + 3_600_000)
                #expect(channels.map(\.expires) == [expires, nil])
                #expect(try await api.http.request("GET", "/api/v1/channels/a").json()["expires"] as? String == expires)
                #expect(try await api.http.request("GET", "/api/v1/channels/b").json()["expires"] == nil)
                let whole = try await api.http.request("GET", "/api/v1/channels")
                #expect(try JSONDecoder().decode([Page.Channel].self, from: Data(whole.body)) == channels)
                // It is what Redis does.
                let before = Timestamp.now()
                guard case .remaining(let remaining) = try await api.redis.ttl("ch_a") else {
                    Issue.record("the record does not expire")
                    return
                }
                let left = Int(remaining / .milliseconds(1))
                // push-api takes the time before it writes, and a busy machine may be between the two.
                #expect((before + left - 30_000...Timestamp.now() + left + 1000).contains(created + 3_600_000))
            }
        }

        @Test func showsOlderRecordsWhateverTheyHold() async throws {
            try await withAPI { (api) async throws in
                let records = [
                    #"{"id":"a","ttl":5,"created":"2019-09-01T14:00:00.123456789+02:00"}"#,
                    #"{"id":"b","ttl":5,"created":"yesterday"}"#,
                    #"{"id":"c","ttl":9223372036854775807,"created":"2019-09-01T12:00:00Z"}"#,
                    #"{"id":"d","ttl":-5,"created":"2019-09-01T12:00:00Z"}"#, "broken",
                ]
                for (index, id) in ["a", "b", "c", "d", "e"].enumerated() {
                    try await api.redis.set("ch_\(id)", records[index])
                    try await api.redis.zadd(RedisKeys.channelIndex, score: Double(index), member: id)
                }
                let page = try await Self.page(api, "limit=10")
                #expect(page.ids == ["a", "b", "c", "d"])
                #expect(page.channels.map(\.expires) == ["2019-09-01T12:00:05.123Z", nil, nil, nil])
            }
        }

        @Test func keepsThePlaceWhileChannelsComeAndGo() async throws {
            for order in ["oldest", "newest"] {
                try await withAPI { (api) async throws in
                    try await Self.fill(api, (0..<60).map { ("c\($0)", 1_567_339_200_000 + $0 / 2) })
                    let seen = try await Self.allIDs(api, "limit=10&order=\(order)") { number in
                        // The one that the cursor names, one before it and one after it; and a new one at each end.
                        let last = order == "oldest" ? number * 10 - 1 : 60 - number * 10
                        for id in [last, 5 * number, 59 - 4 * number] where (0..<60).contains(id) {
                            _ = try await api.http.request("DELETE", "/api/v1/channels/c\(id)")
                        }
                        try await Self.fill(
                            api, [("new\(number)", 1_600_000_000_000 + number), ("old\(number)", 1_500_000_000_000 - number)])
                    }
                    #expect(Set(seen).count == seen.count, "\(order): a channel came twice")
                    let left = try await api.redis.zrange(RedisKeys.channelIndex).filter { $0.hasPrefix("c") }
                    #expect(Set(left).isSubset(of: Set(seen)), "\(order): a channel that stayed was left out")
                }
            }
        }

        @Test func keepsThePlaceAmongChannelsOfOneMillisecond() async throws {
            try await withAPI { (api) async throws in
                // By bytes, not by what a language says: capitals first, then the rest, accents last.
                let ids = (["a", "B", "b", "é", "Z", "_", "aa", "a-", "z", "日本", "ab"] + (0..<40).map { "n\($0)" }).sorted {
                    $0.utf8.lexicographicallyPrecedes($1.utf8)
                }
                let escaped = ids.map { (id: $0, score: 1_567_339_200_000) }
                try await Self.fill(api, escaped)
                #expect(try await Self.allIDs(api, "limit=1") == ids)
                #expect(try await Self.allIDs(api, "limit=1&order=newest") == ids.reversed())
                // The channel of the cursor is deleted each time, so its place is searched for.
                var last = 0
                let seen = try await Self.allIDs(api, "limit=3") { number in
                    last = number * 3 - 1
                    try await api.redis.zrem(RedisKeys.channelIndex, [ids[last]])
                }
                #expect(seen == ids)
                try await Self.fill(api, escaped)
                let reversed = try await Self.allIDs(api, "limit=3&order=newest") { number in
                    try await api.redis.zrem(RedisKeys.channelIndex, [ids[ids.count - number * 3]])
                }
                #expect(reversed == ids.reversed())
            }
        }

        @Test func leavesOutExpiredChannelsAndFillsThePage() async throws {
            try await withAPI { (api) async throws in
                try await Self.fill(api, (0..<30).map { ("c\($0)", $0) })
                try await api.redis.delete((0..<30).filter { $0 % 3 != 0 }.map { "ch_c\($0)" })
                let page = try await Self.page(api, "limit=5")
                #expect(page.ids == ["c0", "c3", "c6", "c9", "c12"])
                #expect(try await Self.allIDs(api, "limit=5") == (0..<10).map { "c\($0 * 3)" })
                #expect(try await api.redis.zcard(RedisKeys.channelIndex) == 10)
            }
        }

        @Test func searches() async throws {
            try await withAPI { (api) async throws in
                let ids = ["news-1", "sport", "NEWS-2", "café", "a-news", "[x]", "a+b", "n%ws"]
                try await Self.fill(api, ids.enumerated().map { ($1, $0) })
                for (search, expected) in [
                    ("news", ["news-1", "NEWS-2", "a-news"]), ("NEWS", ["news-1", "NEWS-2", "a-news"]), ("%C3%A9", ["café"]),
                    ("%5B", ["[x]"]), ("a%2Bb", ["a+b"]), ("%25", ["n%ws"]), ("*", []), ("none", []), ("", ids),
                ] {
                    let page = try await Self.page(api, "search=\(search)")
                    #expect(page.ids == expected, "\(search)")
                    #expect(page.cursor == nil)
                    #expect(page.total == 8)
                    #expect(try await Self.allIDs(api, "search=\(search)&limit=1") == expected, "\(search)")
                    #expect(
                        try await Self.allIDs(api, "search=\(search)&limit=2&order=newest") == expected.reversed(), "\(search)")
                }
            }
        }

        @Test func aSearchThatFindsLittleEndsAndCanBeContinued() async throws {
            try await withAPI { (api) async throws in
                try await Self.fill(api, (0..<12_000).map { ($0 == 11_500 ? "needle" : "c\($0)", $0) })
                let first = try await Self.page(api, "search=needle&limit=10")
                #expect(first.ids.isEmpty)
                let second = try await Self.page(api, "search=needle&limit=10&cursor=\(try #require(first.cursor))")
                #expect(second.ids.isEmpty)
                let third = try await Self.page(api, "search=needle&limit=10&cursor=\(try #require(second.cursor))")
                #expect(third.ids == ["needle"])
                #expect(third.cursor == nil)
                #expect(try await Self.allIDs(api, "search=needle&order=newest") == ["needle"])
            }
        }

        @Test func showsTheAllowedChannelsOnly() async throws {
            try await withAPI { (api) async throws in
                try await Self.fill(api, (0..<300).map { ($0 % 3 == 0 ? "team-\($0)" : "other-\($0)", $0) })
                let key = try await api.createKey(["channels"], prefixes: ["team-", "nobody-"])
                let http = api.bearer(key)
                let expected = (0..<100).map { "team-\($0 * 3)" }
                let whole = try await http.request("GET", "/api/v1/channels")
                #expect(try whole.list().map { $0["id"] as? String } == expected)
                #expect(try await Self.allIDs(api, "limit=7", http) == expected)
                #expect(try await Self.allIDs(api, "limit=7&order=newest", http) == expected.reversed())
                let found = (0..<100).filter { $0 * 3 >= 100 && $0 * 3 < 200 }.map { "team-\($0 * 3)" }
                #expect(try await Self.allIDs(api, "search=-1&limit=1000", http).suffix(found.count) == found[...])
                // How many channels others have is not told either.
                #expect(try await Self.page(api, "limit=7", http).total == nil)
                let none = try await http.request("GET", "/api/v1/channels?search=other")
                #expect(none.text == #"{"channels":[],"cursor":null,"total":null}"#)
            }
        }

        @Test func cursorsTellNothingOfChannelsThatAreNotAllowed() async throws {
            try await withAPI { (api) async throws in
                try await Self.fill(api, (0..<6_000).map { ("other-\($0)", $0) })
                let key = try await api.createKey(["channels"], prefixes: ["team-"])
                let http = api.bearer(key)
                let cursor = try #require(try await Self.page(api, "limit=10", http).cursor)
                let padding = String(repeating: "=", count: (4 - cursor.utf8.count % 4) % 4)
                let bytes = Data(base64Encoded: cursor.replacing("-", with: "+").replacing("_", with: "/") + padding)
                #expect(try #require(bytes).range(of: Data("other-".utf8)) == nil)
                #expect(try await Self.page(api, "limit=10&cursor=\(cursor)", http).ids.isEmpty)
                // Neither a text that was made up nor another client's leads anywhere.
                let another = api.bearer(try await api.createKey(["channels"], prefixes: ["other-1"]))
                let made = ChannelCursor(score: "1", id: "team-").text
                for (http, cursor) in [(http, made), (another, cursor), (api.http, cursor)] {
                    let answer = try await http.request("GET", "/api/v1/channels?cursor=\(cursor)")
                    #expect(answer.status == 400)
                    #expect(answer.code == 41)
                }
            }
        }

        @Test func refusesBadParameters() async throws {
            try await withAPI { (api) async throws in
                let queries = [
                    "limit=0", "limit=1001", "limit=-1", "limit=x", "limit=", "limit=1&limit=2", "cursor=", "cursor=%00",
                    "cursor=MTp%C3", "cursor=aW5mOmE", "order=up", "search=%FF", "search=" + String(repeating: "a", count: 201),
                    "cursor=" + String(repeating: "a", count: 5000),
                ]
                for query in queries {
                    let answer = try await api.http.request("GET", "/api/v1/channels?\(query)")
                    #expect(answer.status == 400, "\(query)")
                    #expect(answer.code == 41, "\(query)")
                    #expect(answer.message?.isEmpty == false)
                }
                #expect(api.metric(#"push_api_errors_total{code="41"}"#) == "\(queries.count)")
            }
        }

        @Test func cursorsThatNobodyGaveDoNoHarm() async throws {
            try await withAPI { (api) async throws in
                try await Self.fill(api, [("a", 10), ("b", 20), ("c", 20), ("d", 30)])
                let cases: [(score: String, id: String, oldest: [String], newest: [String])] = [
                    ("5", "x", ["a", "b", "c", "d"], []), ("20", "bb", ["c", "d"], ["b", "a"]),
                    ("20", "a", ["b", "c", "d"], ["a"]),
                    ("99", "a", [], ["d", "c", "b", "a"]), ("2e1", "x", ["d"], ["c", "b", "a"]),
                    ("-0", "a", ["a", "b", "c", "d"], []),
                    ("20", "\n\u{1}", ["b", "c", "d"], ["a"]),
                ]
                for (score, id, oldest, newest) in cases {
                    let cursor = ChannelCursor(score: score, id: id).text
                    #expect(try await Self.page(api, "cursor=\(cursor)").ids == oldest, "\(score) \(id)")
                    #expect(try await Self.page(api, "cursor=\(cursor)&order=newest").ids == newest, "\(score) \(id)")
                }
            }
        }

        @Test func costsTheSameWithAHundredThousandChannels() async throws {
            try await withAPI { (api) async throws in
                let queries = ["limit=100", "limit=100&order=newest", "search=c1&limit=100", "search=nothing"]
                func costs() async throws -> [[String: Int]] {
                    var costs: [[String: Int]] = []
                    for query in queries {
                        // From the middle, whose channel is gone: the dearest of the places to find.
                        let cursor = ChannelCursor(score: "50", id: "gone").text
                        try await api.redis.send(RedisCommand("CONFIG", "RESETSTAT"))
                        _ = try await Self.page(api, query + "&cursor=\(cursor)")
                        var calls = try await api.commandCalls()
                        calls["config|resetstat"] = nil
                        costs.append(calls)
                    }
                    return costs
                }
                let ids = (0..<100_000).map { "c\($0)" }
                try await Self.fill(api, ids.prefix(10_000).enumerated().map { ($1, $0) })
                let few = try await costs()
                try await Self.fill(api, ids.enumerated().dropFirst(10_000).map { ($1, $0) })
                #expect(try await costs() == few)
                for calls in few {
                    #expect(calls["keys"] == nil)
                    #expect(calls["scan"] == nil)
                    #expect(calls["eval", default: 0] <= 5)
                    #expect(calls["mget", default: 0] <= 1)
                }
                #expect(few[0]["eval"] == 1)
                #expect(few[1]["eval"] == 1)
                // A search that finds nothing looks at 5,000 entries.
                #expect(few[3]["eval"] == 5)

                // All channels in one millisecond: the place is found in a number of steps that grows with the logarithm.
                var command = RedisCommand("ZADD", RedisKeys.channelIndex)
                for id in ids {
                    command.append(7)
                    command.append(id)
                }
                try await api.redis.send(command)
                try await api.redis.send(RedisCommand("CONFIG", "RESETSTAT"))
                let cursor = ChannelCursor(score: "7", id: "c5000x").text
                let page = try await Self.page(api, "limit=100&cursor=\(cursor)")
                // By bytes: `c50009` comes before the cursor.
                #expect(page.ids.first == "c5001")
                #expect(try await api.commandCalls()["zrange", default: 0] <= 20)
            }
        }

        @Test func answers503WhileRedisIsAwayAnd500WhenItRefuses() async throws {
            try await withAPI(redisTimeout: .seconds(5)) { (api) async throws in
                try await api.redis.set(RedisKeys.channelIndex, "not a sorted set")
                let refused = try await api.http.request("GET", "/api/v1/channels?limit=5")
                #expect(refused.status == 500)
                #expect(refused.code == 40)
                try await api.server.kill()
                let away = try await api.http.request("GET", "/api/v1/channels?limit=5")
                #expect(away.status == 503)
                #expect(away.code == 40)
                #expect(away.headers["retry-after"] == "1")
                // What is wrong with the request is said without Redis.
                #expect(try await api.http.request("GET", "/api/v1/channels?limit=0").status == 400)
            }
        }
    }
}
