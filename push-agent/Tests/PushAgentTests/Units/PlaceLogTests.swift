import Testing

@testable import PushAgent

@Suite("Places") struct PlaceLogTests {
    private func ids(_ numbers: ClosedRange<UInt64>) -> [StreamID] {
        numbers.map { StreamID(milliseconds: $0, sequence: 0) }
    }

    private func id(_ number: UInt64) -> StreamID { StreamID(milliseconds: number, sequence: 0) }

    @Test("An entry's place is counted back from the end of its batch") func places() {
        var log = PlaceLog()
        log.read(self.ids(1...3), lastPlace: 103)
        log.read(self.ids(4...5), lastPlace: 105)
        #expect(log.place(of: self.id(2)) == 102)
        #expect(log.place(of: self.id(3)) == 103)
        #expect(log.place(of: self.id(4)) == 104)
        #expect(log.place(of: self.id(5)) == 105)
        #expect(log.place(of: self.id(3)) == nil)
        #expect(log.place(of: self.id(9)) == nil)
    }

    @Test("Entries whose place is not known, or that were never read, have none") func unknown() {
        var log = PlaceLog()
        #expect(log.place(of: self.id(1)) == nil)
        log.read([], lastPlace: 5)
        log.read(self.ids(1...2), lastPlace: nil)
        log.read(self.ids(3...4), lastPlace: 8)
        #expect(log.place(of: self.id(2)) == nil)
        #expect(log.place(of: self.id(3)) == 7)
    }

    @Test("Ids that went back are of another stream") func goneBack() {
        var log = PlaceLog()
        log.read(self.ids(10...12), lastPlace: 3)
        log.read(self.ids(5...6), lastPlace: 2)
        #expect(log.place(of: self.id(6)) == 2)
        #expect(log.place(of: self.id(11)) == nil)
    }
}

@Suite("Sampling") struct SamplingTimeTests {
    @Test(
        "Samples are taken in the middle of a slot",
        arguments: [(100_000, 5_000), (104_999, 1), (105_000, 10_000), (109_999, 5_001)] as [(UInt64, Int)])
    func pause(now: UInt64, milliseconds: Int) {
        #expect(StatisticsSampler.pause(interval: .seconds(10), now: now) == .milliseconds(milliseconds))
    }

    @Test("The shortest interval pauses") func short() {
        #expect(StatisticsSampler.pause(interval: .milliseconds(1), now: 7) == .milliseconds(1))
    }
}
