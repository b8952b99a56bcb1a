/// The keys that were signed in with a moment ago, and which of them are being fetched. Without a clock and without a lock.
struct APIKeyCache: Sendable {
    typealias Fetch = Task<APIKey?, any Error>

    /// How old a record may be.
    static let lifetime = Duration.seconds(1)
    /// More than there are keys, so that it never matters.
    static let capacity = 2 * APIKeyRepository.maximumKeys
    static let usageInterval = Duration.milliseconds(APIKeyRepository.usageInterval)

    enum Lookup {
        case found(APIKey)
        case underWay(Fetch)
        /// To be fetched; ``started(_:number:_:)`` wants the number.
        case missing(number: UInt64)
    }

    private struct Entry {
        let json: [UInt8]
        let key: APIKey
        let fetched: ContinuousClock.Instant
        var useReported: ContinuousClock.Instant?
    }

    private var entries: [String: Entry] = [:]
    private var fetches: [String: (number: UInt64, fetch: Fetch)] = [:]
    private var lastNumber: UInt64 = 0

    mutating func lookup(_ id: String, now: ContinuousClock.Instant) -> Lookup {
        if let entry = self.entries[id], now - entry.fetched < Self.lifetime { return .found(entry.key) }
        if let fetch = self.fetches[id] { return .underWay(fetch.fetch) }
        self.lastNumber += 1
        return .missing(number: self.lastNumber)
    }

    mutating func started(_ id: String, number: UInt64, _ fetch: Fetch) {
        self.fetches[id] = (number, fetch)
    }

    /// - Parameters:
    ///   - started: When the fetch began; the record is no older.
    ///   - json: `nil` if there is no such key. That is not kept: whoever makes ids up would fill the memory.
    /// - Throws: `DecodingError` for a record that is none.
    mutating func finished(
        _ id: String, number: UInt64, started: ContinuousClock.Instant, json: [UInt8]?
    ) throws -> APIKey? {
        // Else the key was changed while the fetch was under way: what it brings may be old.
        let isCurrent = self.fetches[id]?.number == number
        if isCurrent { self.fetches[id] = nil }
        let known = self.entries[id]
        guard let json else {
            if isCurrent { self.entries[id] = nil }
            return nil
        }
        let key = try known.flatMap { $0.json == json ? $0.key : nil } ?? APIKey(try APIKeyRecord(json: json))
        if isCurrent, known != nil || self.makeRoom(now: started) {
            self.entries[id] = Entry(json: json, key: key, fetched: started, useReported: known?.useReported)
        }
        return key
    }

    mutating func failed(_ id: String, number: UInt64) {
        if self.fetches[id]?.number == number { self.fetches[id] = nil }
    }

    mutating func forget(_ id: String) {
        self.entries[id] = nil
        self.fetches[id] = nil
    }

    /// Whether a use of the key is to be noted: the first in a minute.
    mutating func reportsUse(of id: String, now: ContinuousClock.Instant) -> Bool {
        guard let entry = self.entries[id], entry.useReported.map({ now - $0 >= Self.usageInterval }) ?? true else {
            return false
        }
        self.entries[id]?.useReported = now
        return true
    }

    private mutating func makeRoom(now: ContinuousClock.Instant) -> Bool {
        if self.entries.count >= Self.capacity {
            self.entries = self.entries.filter { now - $1.fetched < Self.lifetime }
        }
        return self.entries.count < Self.capacity
    }
}
