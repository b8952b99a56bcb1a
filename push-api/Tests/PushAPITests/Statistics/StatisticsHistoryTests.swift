import NIOCore
import PushModels
import Testing

@testable import PushAPI

@Suite struct StatisticsHistoryTests {
    private typealias Slot = StatisticsHistory.Slot

    /// The start of a slot.
    private let now = 1_700_000_000

    private func sample(
        _ slotsAgo: Int, _ subscribers: Int, _ published: Int, replayed: Int = 0, store: String = "instance a"
    ) -> StatisticsSample {
        StatisticsSample(
            time: self.now - slotsAgo * 10 + 5, subscribers: subscribers, published: published, replayed: replayed, store: store)
    }

    private func history(_ series: [StatisticsSample]...) -> StatisticsHistory {
        StatisticsHistory(series: series.enumerated().map { ("agent-\($0)", $1) }, now: self.now + 7)
    }

    @Test func messagesAreTheDifferenceToTheSampleBefore() {
        let history = self.history([self.sample(2, 5, 100), self.sample(1, 6, 130), self.sample(0, 7, 130)])
        let slots = [Slot(subscribers: 5, messages: nil), Slot(subscribers: 6, messages: 30), Slot(subscribers: 7, messages: 0)]
        #expect(history.total == slots)
        #expect(history.agents.map(\.slots) == [slots])
        #expect(history.slots == (self.now / 10 - 2)..<(self.now / 10 + 1))
        #expect(history.from == self.now - 3590)
        #expect(history.to == self.now + 7)
    }

    @Test func orderOfTheHashDoesNotMatter() {
        let samples = [self.sample(0, 7, 130), self.sample(2, 5, 100), self.sample(1, 6, 130)]
        #expect(self.history(samples) == self.history(samples.sorted { $0.time < $1.time }))
    }

    @Test func aRestartedPushStreamCountsFromZero() {
        let history = self.history([
            self.sample(2, 5, 100), self.sample(1, 0, 25, replayed: 20, store: "instance b"),
            self.sample(0, 5, 35, replayed: 20, store: "instance b"),
        ])
        #expect(history.total.map(\.messages) == [nil, 5, 10])
    }

    @Test func subscribersAreSummedAndMessagesAreNot() {
        let history = self.history(
            [self.sample(1, 5, 100), self.sample(0, 6, 140)], [self.sample(1, 50, 7000), self.sample(0, 60, 7038)])
        #expect(history.total == [Slot(subscribers: 55, messages: nil), Slot(subscribers: 66, messages: 40)])
        #expect(history.agents.map(\.name) == ["agent-0", "agent-1"])
        #expect(history.agents[1].slots == [Slot(subscribers: 50, messages: nil), Slot(subscribers: 60, messages: 38)])
    }

    @Test func anAgentThatMissedASlotDoesNotCountItsMessagesTwice() {
        let history = self.history(
            [self.sample(2, 1, 10), self.sample(0, 1, 30)],
            [self.sample(2, 1, 110), self.sample(1, 1, 120), self.sample(0, 1, 131)])
        #expect(history.total.map(\.messages) == [nil, 10, 11])
        #expect(history.agents[0].slots.map(\.messages) == [nil, nil, 20])
    }

    @Test func slotsWithoutASampleAreNull() {
        let history = self.history([self.sample(3, 5, 10), self.sample(1, 5, 30)])
        #expect(history.total == [Slot(subscribers: 5), Slot(), Slot(subscribers: 5, messages: 20)])
        // The agent has gone.
        #expect(self.history([self.sample(5, 5, 10), self.sample(4, 5, 10)]).total.map(\.subscribers) == [5, 5, nil, nil, nil])
    }

    @Test func theSlotOfTodayIsToldWhenAllAgentsHaveBeenSampled() {
        let late = [self.sample(1, 50, 10)]
        #expect(self.history([self.sample(1, 5, 10), self.sample(0, 5, 10)], late).total.map(\.subscribers) == [55])
        #expect(
            self.history([self.sample(1, 5, 10), self.sample(0, 5, 10)], late + [self.sample(0, 50, 10)]).total
                .map(\.subscribers) == [55, 55])
        #expect(self.history([self.sample(0, 5, 10)]).total.map(\.subscribers) == [5])
    }

    @Test func samplesOfAnotherHourAreLeftOut() {
        let history = self.history(
            [self.sample(360, 5, 10), self.sample(359, 6, 10), self.sample(-1, 7, 10)], [self.sample(400, 9, 9)])
        #expect(history.total.count == 359)
        #expect(history.total.first == Slot(subscribers: 6))
        #expect(history.agents.map(\.name) == ["agent-0"])
        #expect(self.history((0..<360).map { self.sample($0, 1, 0) }).total.count == 360)
    }

    @Test func jsonHasNullsAndEscapesNames() throws {
        let sample = self.sample(0, 5, 10)
        let history = StatisticsHistory(series: [(#"a"b"#, [sample])], now: self.now + 7)
        let slots = #"[{"time":1700000000,"subscribers":5,"messages":null}]"#
        #expect(
            String(buffer: try history.json())
                == #"{"resolution":10,"from":"2023-11-14T21:13:30.000Z","to":"2023-11-14T22:13:27.000Z","total":\#(slots),"#
                + #""agents":[{"agent":"a\"b","samples":\#(slots)}]}"#)
        let empty = StatisticsHistory(series: [], now: self.now)
        #expect(String(buffer: try empty.json()).hasSuffix(#""total":[],"agents":[]}"#))
    }
}
