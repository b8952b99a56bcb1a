import Testing

@testable import PushAgent

@Suite("Position") struct PositionTrackerTests {
    private func id(_ number: UInt64) -> StreamID { StreamID(milliseconds: number, sequence: 0) }

    @Test("A loaded position is not stored again") func loaded() {
        var tracker = PositionTracker()
        tracker.load(self.id(5))
        tracker.stalled()
        #expect(tracker.takePositionToSave() == nil)
        #expect(tracker.current == self.id(5))
    }

    @Test("It never goes back") func monotone() {
        var tracker = PositionTracker()
        tracker.load(self.id(5))
        tracker.delivered(self.id(4), endsBatch: true)
        #expect(tracker.takePositionToSave() == nil)
        tracker.delivered(self.id(6), endsBatch: true)
        #expect(tracker.takePositionToSave() == self.id(6))
    }

    @Test("It goes back when the stream's ids did, and late answers of the old stream change nothing") func epoch() {
        var tracker = PositionTracker()
        tracker.load(self.id(50))
        tracker.delivered(self.id(7), epoch: 1, endsBatch: true)
        #expect(tracker.takePositionToSave() == self.id(7))
        tracker.delivered(self.id(51), epoch: 0, endsBatch: true)
        #expect(tracker.current == self.id(7))
    }

    @Test("A batch that stalls in its middle is stored so far") func stalled() {
        var tracker = PositionTracker()
        tracker.delivered(self.id(1), endsBatch: false)
        #expect(tracker.takePositionToSave() == nil)
        tracker.stalled()
        #expect(tracker.takePositionToSave() == self.id(1))
    }
}
