import NIOCore

/// How far the agent has read in the stream, and what the stream's own bounds say about that.
struct ReadCursor: Sendable {
    /// What a look at the stream's first and last entry revealed.
    enum Finding: Equatable, Sendable {
        case inOrder
        /// Entries after the cursor were trimmed before the agent read them; it goes on with the oldest there is.
        case gap(after: StreamID, oldest: StreamID)
        /// The stream ends before the cursor at an entry that was read: Redis lost its latest writes. Nothing is read twice.
        case tailLost(last: StreamID)
        /// The stream is another one than before. Reading starts over with what the history needs.
        case startOver(last: StreamID)
    }

    /// Enough to recognise the end of a stream that lost the last second before a crash (`appendfsync everysec`) at
    /// usual rates; beyond that messages are repeated, never lost.
    private static let remembered = 4_096

    /// Reading goes on after this id.
    private(set) var id: StreamID
    /// Counts how often the ids went back, so that positions can be compared.
    private(set) var epoch = 0
    /// Whether `id` is one of an entry that was read, as opposed to a start that was computed, where a gap means nothing.
    private var isEntry: Bool
    /// Entries that the stream had ever had up to `id`, if known.
    private var count: Int?
    private var recent = CircularBuffer<StreamID>()

    /// - Parameters:
    ///   - position: the stored position, `nil` for a new agent.
    ///   - readCount: the stored count, which may be another entry's.
    ///   - windowStart: where an agent without a position starts, inclusive.
    init(position: StreamID?, readCount: ReadCount? = nil, windowStart: StreamID) {
        self.id = position ?? windowStart.predecessor
        self.isEntry = position != nil
        if let readCount, readCount.id == position { self.count = readCount.count }
    }

    /// The place of the last entry that was read, if it is known.
    var readCount: ReadCount? { self.isEntry ? self.count.map { ReadCount(id: self.id, count: $0) } : nil }

    /// Entries up to this id were read.
    mutating func advanced(through ids: some Sequence<StreamID>) {
        for id in ids {
            self.id = id
            self.isEntry = true
            self.count = self.count.map { $0 + 1 }
            if self.recent.count == Self.remembered { _ = self.recent.popFirst() }
            self.recent.append(id)
        }
    }

    mutating func observed(_ bounds: StreamBounds, windowStart: StreamID) -> Finding {
        // An empty stream tells nothing: all may have been trimmed after it was read.
        guard let first = bounds.first, let last = bounds.last else { return .inOrder }
        defer { self.learnCount(first: first, last: last, bounds.counts) }
        guard self.isEntry else { return .inOrder }
        if last < self.id {
            self.epoch += 1
            self.count = nil
            if let index = self.recent.lastIndex(of: last) {
                self.recent.removeLast(self.recent.distance(from: index, to: self.recent.endIndex) - 1)
                self.id = last
                return .tailLost(last: last)
            }
            self.recent.removeAll()
            // The other Redis' clock may be behind: what it holds is read from its own end backwards.
            let length = windowStart > last ? StreamID.zero : windowStart
            self.id = length.predecessor
            self.isEntry = false
            return .startOver(last: last)
        }
        if first > self.id, self.lacksEntries(bounds.counts) {
            let gap = Finding.gap(after: self.id, oldest: first)
            self.id = first.predecessor
            self.isEntry = false
            return gap
        }
        return .inOrder
    }

    /// Whether entries that were trimmed came after the last one that was read. Without counts that must be assumed.
    private func lacksEntries(_ counts: StreamBounds.Counts?) -> Bool {
        guard let counts, let count = self.count, counts.added >= count else { return true }
        return counts.removed > count
    }

    private mutating func learnCount(first: StreamID, last: StreamID, _ counts: StreamBounds.Counts?) {
        guard let counts else {
            self.count = nil
            return
        }
        if last == self.id {
            self.count = counts.added
        } else if first > self.id {
            self.count = counts.removed
        } else if first == self.id {
            self.count = counts.removed + 1
        }
    }
}
