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
        #expect(cursor.observed(first: self.id(50), last: self.id(60), windowStart: self.id(10)) == .inOrder)
        #expect(cursor.observed(first: self.id(1), last: self.id(50), windowStart: self.id(10)) == .inOrder)
        #expect(cursor.observed(first: nil, last: nil, windowStart: self.id(10)) == .inOrder)
        #expect(cursor.id == self.id(50))
    }

    @Test("A gap is found once, and reading goes on with the oldest entry") func gap() {
        var cursor = ReadCursor(position: self.id(50), windowStart: self.id(10))
        let oldest = self.id(70)
        #expect(
            cursor.observed(first: oldest, last: self.id(80), windowStart: self.id(10)) == .gap(after: self.id(50), oldest: oldest))
        #expect(cursor.id == oldest.predecessor)
        #expect(cursor.observed(first: oldest, last: self.id(80), windowStart: self.id(10)) == .inOrder)
    }

    @Test("A computed start has no gap") func computedStart() {
        var cursor = ReadCursor(position: nil, windowStart: self.id(10))
        #expect(cursor.observed(first: self.id(70), last: self.id(80), windowStart: self.id(10)) == .inOrder)
    }

    @Test("A lost tail repeats nothing") func tailLost() {
        var cursor = ReadCursor(position: self.id(50), windowStart: self.id(10))
        cursor.advanced(through: [self.id(51), self.id(52), self.id(53)])
        #expect(cursor.observed(first: self.id(1), last: self.id(52), windowStart: self.id(10)) == .tailLost(last: self.id(52)))
        #expect(cursor.id == self.id(52))
        #expect(cursor.epoch == 1)
    }

    @Test("Another stream is read from the window on") func startOver() {
        var cursor = ReadCursor(position: self.id(50), windowStart: self.id(10))
        #expect(cursor.observed(first: self.id(1), last: self.id(40), windowStart: self.id(30)) == .startOver(last: self.id(40)))
        #expect(cursor.id == self.id(30).predecessor)
        #expect(cursor.epoch == 1)
    }

    @Test("Another stream whose ids are older than the window is read whole") func startOverBehind() {
        var cursor = ReadCursor(position: self.id(50), windowStart: self.id(10))
        #expect(cursor.observed(first: self.id(1), last: self.id(5), windowStart: self.id(30)) == .startOver(last: self.id(5)))
        #expect(cursor.id == .zero)
    }
}
