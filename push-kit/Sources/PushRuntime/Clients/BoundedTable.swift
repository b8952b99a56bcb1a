/// A table of a bounded number of entries that end when they have not been written for a while.
///
/// Removal is put off until there is no room, so that neither reading nor writing does work that grows with the table; when it has
/// to be, at least half of the entries go, so that it is seldom.
struct BoundedTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        var value: Value
        var written: ContinuousClock.Instant
    }

    private let capacity: Int
    private let lifetime: Duration
    private var entries: [Key: Entry] = [:]

    /// - Parameters:
    ///   - capacity: Entries at most, one or more.
    ///   - lifetime: How long an entry lives after it was written last.
    init(capacity: Int, lifetime: Duration) {
        self.capacity = capacity
        self.lifetime = lifetime
    }

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }

    /// The value and when it was written, unless it has ended.
    func entry(_ key: Key, now: ContinuousClock.Instant) -> (value: Value, written: ContinuousClock.Instant)? {
        guard let entry = entries[key], now - entry.written < lifetime else { return nil }
        return (entry.value, entry.written)
    }

    mutating func write(_ key: Key, _ value: Value, now: ContinuousClock.Instant) {
        if entries.count >= capacity, entries[key] == nil { makeRoom(now: now) }
        entries[key] = Entry(value: value, written: now)
    }

    private mutating func makeRoom(now: ContinuousClock.Instant) {
        entries = entries.filter { now - $1.written < lifetime }
        guard entries.count > capacity / 2 else { return }
        // Those that were not written for longest.
        let keys = entries.sorted { $0.value.written < $1.value.written }.map(\.key)
        for key in keys.prefix(entries.count - capacity / 2) { entries[key] = nil }
    }
}
