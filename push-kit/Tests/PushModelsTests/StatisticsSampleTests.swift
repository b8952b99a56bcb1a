import PushModels
import Testing

@Suite struct StatisticsSampleTests {
    private let sample = StatisticsSample(time: 3_605, subscribers: 7, published: 100, replayed: 10, store: "started 12 host")

    private func later(published: Int, replayed: Int = 10, store: String = "started 12 host") -> Int {
        StatisticsSample(time: 3_615, subscribers: 0, published: published, replayed: replayed, store: store)
            .messages(since: self.sample)
    }

    @Test func readsWhatItWrote() {
        #expect(StatisticsSample(self.sample.description) == self.sample)
        #expect(self.sample.description == "3605 7 100 10 started 12 host")
        #expect(self.sample.slot == 0)
    }

    @Test(arguments: ["", "1 2 3 4", "1 2 3 x s", "1 2 3 -4 s", "1  2 3 4 s"])
    func refusesOtherTexts(_ text: String) { #expect(StatisticsSample(text) == nil) }

    @Test func countsNewMessages() {
        #expect(self.later(published: 100) == 0)
        #expect(self.later(published: 130) == 30)
    }

    @Test func aRestartedPushStreamCountsFromZero() {
        #expect(self.later(published: 130, store: "instance b") == 130)
        #expect(self.later(published: 30) == 30)
    }

    @Test func whatIsReplayedIsNotNew() {
        #expect(self.later(published: 60, replayed: 50, store: "instance b") == 20)
        // The agent was started anew too.
        #expect(self.later(published: 60, replayed: 8, store: "instance b") == 52)
        #expect(self.later(published: 100, replayed: 50) == 0)
    }

    @Test func ordersByteByByte() {
        let channels = ["b", "a", "\u{e9}", "e\u{301}"].map { TopChannel(channel: $0, subscribers: 1) }
        let sorted = (channels + [TopChannel(channel: "z", subscribers: 2)]).sorted(by: TopChannel.precedes)
        #expect(sorted.map { Array($0.channel.utf8) } == ["z", "a", "b", "e\u{301}", "\u{e9}"].map { Array($0.utf8) })
    }
}
