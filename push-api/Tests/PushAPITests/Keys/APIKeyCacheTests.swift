import Testing

@testable import PushAPI

@Suite struct APIKeyCacheTests {
    private static func record(_ id: String) throws -> (json: [UInt8], token: APIKeyToken) {
        let token = APIKeyToken.make(id: id).token
        let json = """
            {"id":"\(id)","name":"n","scopes":["publish","later"],"channelPrefixes":[],"limits":{},"created":1,"secrets":\
            [{"sha256":"\(token.digest.hexadecimal)","created":1}]}
            """
        return (Array(json.utf8), token)
    }

    private static func number(_ lookup: APIKeyCache.Lookup) -> UInt64? {
        if case .missing(let number) = lookup { number } else { nil }
    }

    private static func key(_ lookup: APIKeyCache.Lookup) -> APIKey? {
        if case .found(let key) = lookup { key } else { nil }
    }

    private let id = "aaaaaaaaaaaa"
    private let start = ContinuousClock.now

    @Test func keepsARecordForASecondFromTheStartOfItsFetch() throws {
        let cache = TestedCache()
        let (json, token) = try Self.record(self.id)
        let number = try #require(Self.number(cache.lookup(self.id, now: self.start)))
        cache.started(self.id, number: number, Task { nil })
        #expect(try cache.finished(self.id, number: number, started: self.start, json: json)?.principal(for: token) != nil)
        #expect(Self.key(cache.lookup(self.id, now: self.start + .milliseconds(999))) != nil)
        #expect(Self.number(cache.lookup(self.id, now: self.start + .seconds(1))) != nil)
    }

    @Test func fetchesOnceForAllThatAsk() throws {
        let cache = TestedCache()
        let number = try #require(Self.number(cache.lookup(self.id, now: self.start)))
        cache.started(self.id, number: number, Task { nil })
        guard case .underWay = cache.lookup(self.id, now: self.start) else {
            Issue.record("a second fetch")
            return
        }
        cache.failed(self.id, number: number)
        #expect(Self.number(cache.lookup(self.id, now: self.start)) != nil)
    }

    @Test func aFetchFromBeforeAChangeDoesNotBringTheOldRecordBack() throws {
        let cache = TestedCache()
        let (json, _) = try Self.record(self.id)
        let old = try #require(Self.number(cache.lookup(self.id, now: self.start)))
        cache.started(self.id, number: old, Task { nil })
        cache.forget(self.id)
        let new = try #require(Self.number(cache.lookup(self.id, now: self.start)))
        cache.started(self.id, number: new, Task { nil })
        _ = try cache.finished(self.id, number: old, started: self.start, json: json)
        guard case .underWay = cache.lookup(self.id, now: self.start) else {
            Issue.record("the old record counts")
            return
        }
        #expect(try cache.finished(self.id, number: new, started: self.start, json: nil) == nil)
        #expect(Self.number(cache.lookup(self.id, now: self.start)) != nil)
    }

    @Test func decodesARecordOnceAsLongAsItStaysTheSame() throws {
        let cache = TestedCache()
        var keys: [APIKey] = []
        let (json, _) = try Self.record(self.id)
        for (second, json) in [json, json, try Self.record(self.id).json].enumerated() {
            let now = self.start + .seconds(second)
            let number = try #require(Self.number(cache.lookup(self.id, now: now)))
            cache.started(self.id, number: number, Task { nil })
            keys.append(try #require(try cache.finished(self.id, number: number, started: now, json: json)))
        }
        #expect(keys[0] === keys[1])
        #expect(keys[1] !== keys[2])
    }

    @Test func isBounded() throws {
        let cache = TestedCache()
        func add(_ index: Int, now: ContinuousClock.Instant) throws {
            let id = "key-\(index)"
            let number = try #require(Self.number(cache.lookup(id, now: now)))
            cache.started(id, number: number, Task { nil })
            _ = try cache.finished(id, number: number, started: now, json: try Self.record(id).json)
        }
        for index in 0...APIKeyCache.capacity { try add(index, now: self.start) }
        #expect(Self.key(cache.lookup("key-0", now: self.start)) != nil)
        #expect(Self.key(cache.lookup("key-\(APIKeyCache.capacity)", now: self.start)) == nil)
        // Room comes with time.
        try add(APIKeyCache.capacity + 1, now: self.start + .seconds(2))
        #expect(Self.key(cache.lookup("key-\(APIKeyCache.capacity + 1)", now: self.start + .seconds(2))) != nil)
    }

    @Test func reportsAUseOnceAMinute() throws {
        let cache = TestedCache()
        let (json, _) = try Self.record(self.id)
        func fetch(_ now: ContinuousClock.Instant) throws {
            let number = try #require(Self.number(cache.lookup(self.id, now: now)))
            cache.started(self.id, number: number, Task { nil })
            _ = try cache.finished(self.id, number: number, started: now, json: json)
        }
        try fetch(self.start)
        #expect(cache.reportsUse(of: self.id, now: self.start))
        #expect(!cache.reportsUse(of: self.id, now: self.start))
        // Also after it was fetched anew.
        try fetch(self.start + .seconds(59))
        #expect(!cache.reportsUse(of: self.id, now: self.start + .seconds(59)))
        #expect(cache.reportsUse(of: self.id, now: self.start + .seconds(60)))
    }
}

/// A cache behind a reference, since expectations cannot call what changes a value.
private final class TestedCache {
    private var cache = APIKeyCache()

    func lookup(_ id: String, now: ContinuousClock.Instant) -> APIKeyCache.Lookup { self.cache.lookup(id, now: now) }
    func started(_ id: String, number: UInt64, _ fetch: APIKeyCache.Fetch) {
        self.cache.started(id, number: number, fetch)
    }
    func finished(_ id: String, number: UInt64, started: ContinuousClock.Instant, json: [UInt8]?) throws -> APIKey? {
        try self.cache.finished(id, number: number, started: started, json: json)
    }
    func failed(_ id: String, number: UInt64) { self.cache.failed(id, number: number) }
    func forget(_ id: String) { self.cache.forget(id) }
    func reportsUse(of id: String, now: ContinuousClock.Instant) -> Bool { self.cache.reportsUse(of: id, now: now) }
}
