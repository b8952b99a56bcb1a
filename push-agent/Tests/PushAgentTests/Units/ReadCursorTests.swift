import Testing

@testable import PushAgent

@Suite("Read cursor") struct ReadCursorTests {
    private func id(_ number: UInt64) -> StreamID { StreamID(milliseconds: number, sequence: 0) }

    @Test("A new agent includes the first id of the window") func window() {
        let cursor = ReadCursor(position: nil, windowStart: self.id(100))
        #expect(cursor.id == StreamID(milliseconds: 99, sequence: .max))
    }

    @Test("Bounds around the cursor are in order, and so is an empty stream") func inOrder() {
        var cursor = ReadCursor(position: self.id(50), windowStart: self.id(10))
        #expect(cursor.observed(StreamBounds(first: self.id(50), last: self.id(60)), windowStart: self.id(10)) == .inOrder)
        #expect(cursor.observed(StreamBounds(first: self.id(1), last: self.id(50)), windowStart: self.id(10)) == .inOrder)
        #expect(cursor.observed(StreamBounds(first: nil, last: nil), windowStart: self.id(10)) == .inOrder)
        #expect(cursor.id == self.id(50))
    }

    @Test("A gap is found once, and reading goes on with the oldest entry") func gap() {
        var cursor = ReadCursor(position: self.id(50), windowStart: self.id(10))
        let oldest = self.id(70)
        #expect(
            cursor.observed(StreamBounds(first: oldest, last: self.id(80)), windowStart: self.id(10))
                == .gap(after: self.id(50), oldest: oldest))
        #expect(cursor.id == oldest.predecessor)
        #expect(cursor.observed(StreamBounds(first: oldest, last: self.id(80)), windowStart: self.id(10)) == .inOrder)
    }

    /// Entries from `first` to `last`, of which there were `added` ever.
    private func bounds(_ first: UInt64, _ last: UInt64, added: Int, removed: Int) -> StreamBounds {
        StreamBounds(first: self.id(first), last: self.id(last), counts: .init(added: added, removed: removed))
    }

    @Test("Entries that were trimmed up to the last one read are no gap, one more is") func trimmedExactly() {
        for (removed, isGap) in [(5, false), (6, true)] {
            var cursor = ReadCursor(position: nil, windowStart: self.id(10))
            #expect(cursor.observed(self.bounds(11, 13, added: 3, removed: 0), windowStart: self.id(10)) == .inOrder)
            cursor.advanced(through: [self.id(11), self.id(12), self.id(13)])
            #expect(cursor.observed(self.bounds(13, 13, added: 3, removed: 2), windowStart: self.id(10)) == .inOrder)
            cursor.advanced(through: [self.id(14), self.id(15)])
            #expect(cursor.readCount == ReadCount(id: self.id(15), count: 5))
            let found = cursor.observed(self.bounds(20, 21, added: removed + 2, removed: removed), windowStart: self.id(10))
            #expect(found == (isGap ? .gap(after: self.id(15), oldest: self.id(20)) : .inOrder))
            cursor.advanced(through: [self.id(20)])
            #expect(cursor.readCount == ReadCount(id: self.id(20), count: removed + 1))
        }
    }

    @Test("A stored count holds for its position only") func storedCount() {
        let stored = ReadCount(id: self.id(50), count: 7)
        var cursor = ReadCursor(position: self.id(50), readCount: stored, windowStart: self.id(10))
        #expect(cursor.observed(self.bounds(60, 60, added: 8, removed: 7), windowStart: self.id(10)) == .inOrder)
        for position in [49, 51] as [UInt64] {
            cursor = ReadCursor(position: self.id(position), readCount: stored, windowStart: self.id(10))
            #expect(
                cursor.observed(self.bounds(60, 60, added: 8, removed: 7), windowStart: self.id(10))
                    == .gap(after: self.id(position), oldest: self.id(60)))
        }
    }

    @Test("A stream that was made anew tells nothing about what was before") func anotherStream() {
        let stored = ReadCount(id: self.id(50), count: 7)
        var cursor = ReadCursor(position: self.id(50), readCount: stored, windowStart: self.id(10))
        #expect(
            cursor.observed(self.bounds(60, 60, added: 1, removed: 0), windowStart: self.id(10))
                == .gap(after: self.id(50), oldest: self.id(60)))
    }

    @Test("A count survives its text form, other texts are none") func countText() {
        let count = ReadCount(id: self.id(50), count: 7)
        #expect(ReadCount(count.description) == count)
        for text in ["", "50-0", "50-0 0", "50-0 -1", "50-0 x", "x 1", "50-0 1 "] { #expect(ReadCount(text) == nil) }
    }

    @Test("A computed start has no gap") func computedStart() {
        var cursor = ReadCursor(position: nil, windowStart: self.id(10))
        #expect(cursor.observed(StreamBounds(first: self.id(70), last: self.id(80)), windowStart: self.id(10)) == .inOrder)
    }

    @Test("A lost tail repeats nothing") func tailLost() {
        var cursor = ReadCursor(position: self.id(50), windowStart: self.id(10))
        cursor.advanced(through: [self.id(51), self.id(52), self.id(53)])
        #expect(
            cursor.observed(StreamBounds(first: self.id(1), last: self.id(52)), windowStart: self.id(10))
                == .tailLost(last: self.id(52)))
        #expect(cursor.id == self.id(52))
        #expect(cursor.epoch == 1)
    }

    @Test("Another stream is read from the window on") func startOver() {
        var cursor = ReadCursor(position: self.id(50), windowStart: self.id(10))
        #expect(
            cursor.observed(StreamBounds(first: self.id(1), last: self.id(40)), windowStart: self.id(30))
                == .startOver(last: self.id(40)))
        #expect(cursor.id == self.id(30).predecessor)
        #expect(cursor.epoch == 1)
    }

    @Test("Another stream whose ids are older than the window is read whole") func startOverBehind() {
        var cursor = ReadCursor(position: self.id(50), windowStart: self.id(10))
        #expect(
            cursor.observed(StreamBounds(first: self.id(1), last: self.id(5)), windowStart: self.id(30))
                == .startOver(last: self.id(5)))
        #expect(cursor.id == .zero)
    }
}
