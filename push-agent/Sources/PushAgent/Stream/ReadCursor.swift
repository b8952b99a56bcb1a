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
    private var recent = CircularBuffer<StreamID>()

    /// - Parameters:
    ///   - position: the stored position, `nil` for a new agent.
    ///   - windowStart: where an agent without a position starts, inclusive.
    init(position: StreamID?, windowStart: StreamID) {
        self.id = position ?? windowStart.predecessor
        self.isEntry = position != nil
    }

    /// Entries up to this id were read.
    mutating func advanced(through ids: some Sequence<StreamID>) {
        for id in ids {
            self.id = id
            self.isEntry = true
            if self.recent.count == Self.remembered { _ = self.recent.popFirst() }
            self.recent.append(id)
        }
    }

    /// - Parameters:
    ///   - first: the oldest entry of the stream, `nil` if there is none. The caller asks for both bounds at once.
    ///   - last: the newest entry of the stream.
    mutating func observed(first: StreamID?, last: StreamID?, windowStart: StreamID) -> Finding {
        // An empty stream tells nothing: all may have been trimmed after it was read.
        guard self.isEntry, let first, let last else { return .inOrder }
        if last < self.id {
            self.epoch += 1
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
        if first > self.id {
            let gap = Finding.gap(after: self.id, oldest: first)
            self.id = first.predecessor
            self.isEntry = false
            return gap
        }
        return .inOrder
    }
}
