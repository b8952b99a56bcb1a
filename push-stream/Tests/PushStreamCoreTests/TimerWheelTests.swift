import Testing

@testable import PushStreamCore

@Suite struct TimerWheelTests {
    private final class Entry: TimerWheelEntry {
        var timerPlace = TimerPlace.none
        let id: Int
        init(_ id: Int) { self.id = id }
    }

    @Test func entriesFireOnceAtTheirDeadline() {
        var wheel = TimerWheel<Entry>(slots: 8, startingAt: 100)
        let entries = (0..<50).map { Entry($0) }
        for entry in entries { wheel.schedule(entry, at: 101 + entry.id) }
        for tick in 101..<151 { #expect(wheel.advance(to: tick).map(\.id) == [tick - 101]) }
        #expect(wheel.count == 0)
        #expect(wheel.advance(to: 1000).isEmpty)
    }

    @Test func movedAndCancelledEntriesDoNotFireEarly() {
        var wheel = TimerWheel<Entry>(slots: 8)
        let (a, b, c) = (Entry(1), Entry(2), Entry(3))
        for entry in [a, b, c] { wheel.schedule(entry, at: 5) }
        wheel.schedule(b, at: 21)
        wheel.cancel(a)
        #expect(!a.timerPlace.isSet)
        #expect(wheel.advance(to: 20).map(\.id) == [3])
        #expect(wheel.advance(to: 21).map(\.id) == [2])
        wheel.schedule(a, at: 3)
        #expect(wheel.advance(to: 22).map(\.id) == [1])
    }

    @Test func deadlinesThatArePutOffFireAtTheirNewTime() {
        var wheel = TimerWheel<Entry>(slots: 8)
        let (a, b) = (Entry(1), Entry(2))
        for deadline in [3, 4, 10, 30] { wheel.schedule(a, at: deadline) }
        wheel.schedule(b, at: 40)
        wheel.schedule(b, at: 6)
        for tick in 1..<60 {
            let expected = tick == 6 ? [2] : tick == 30 ? [1] : []
            #expect(wheel.advance(to: tick).map(\.id) == expected)
        }
        #expect(wheel.count == 0)
    }

    @Test func aLongPauseFiresAllThatIsDue() {
        var wheel = TimerWheel<Entry>(slots: 8)
        let entries = (0..<100).map { Entry($0) }
        for entry in entries { wheel.schedule(entry, at: 1 + entry.id) }
        #expect(Set(wheel.advance(to: 60).map(\.id)) == Set(0..<60))
        #expect(wheel.count == 40)
    }
}
