import NIOCore
import Testing

@testable import PushAgent

@Suite("Store identity and replay") struct StoreTests {
    private func id(_ number: UInt64) -> StreamID { StreamID(milliseconds: number, sequence: 0) }

    @Test("The header field goes before time and uptime") func instance() throws {
        let summary = StatisticsSummary(hostname: "h", time: "2026-01-01T00:00:10", uptime: 10)
        #expect(StoreIdentity(instance: "x", summary: summary) == .instance("x"))
        #expect(StoreIdentity(instance: nil, summary: summary) == .started(hostname: "h", second: 1_767_225_600))
        #expect(StoreIdentity(instance: "", summary: nil) == nil)
        #expect(StoreIdentity(instance: nil, summary: StatisticsSummary(hostname: "h", time: "soon", uptime: 1)) == nil)
    }

    @Test("Two seconds of difference are the same store, three are not") func tolerance() {
        let store = StoreIdentity.started(hostname: "h", second: 100)
        #expect(store.isSameStore(as: .started(hostname: "h", second: 98)))
        #expect(store.isSameStore(as: .started(hostname: "h", second: 102)))
        #expect(!store.isSameStore(as: .started(hostname: "h", second: 103)))
        #expect(!store.isSameStore(as: .started(hostname: "i", second: 100)))
        #expect(!store.isSameStore(as: .instance("h")))
        #expect(!StoreIdentity.instance("a").isSameStore(as: .instance("b")))
    }

    @Test("An identity survives its text form", arguments: [StoreIdentity.instance("a b"), .started(hostname: "h", second: -5)])
    func text(identity: StoreIdentity) {
        #expect(StoreIdentity(identity.description) == identity)
    }

    @Test("Other texts are no identity", arguments: ["", "instance", "started x h", "started 5", "other 5"])
    func noIdentity(text: String) { #expect(StoreIdentity(text) == nil) }

    @Test(
        "Timestamps",
        arguments: [
            ("1970-01-01T00:00:00", 0), ("2000-02-29T12:00:00", 951_825_600), ("2026-12-31T23:59:59+02:00", 1_798_761_599),
        ] as [(String, Int64)])
    func timestamp(text: String, seconds: Int64) { #expect(StoreIdentity.seconds(ofTimestamp: text) == seconds) }

    @Test("Other texts are no timestamp", arguments: ["", "2026-13-01T00:00:00", "2026-01-01T24:00:00", "now", "2026-01-01T00:00:0é"])
    func noTimestamp(text: String) { #expect(StoreIdentity.seconds(ofTimestamp: text) == nil) }

    @Test("The summary tolerates an uptime as text, and refuses what is no object") func summary() {
        #expect(StatisticsSummary(json: ByteBuffer(string: "{\"uptime\": \"12\", \"hostname\": \"h\"}"))?.uptime == 12)
        #expect(StatisticsSummary(json: ByteBuffer(string: "[]")) == nil)
        #expect(StatisticsSummary(json: ByteBuffer(string: "<html>")) == nil)
    }

    @Test("An agent that never delivered adopts the store") func adopt() {
        var tracker = StoreTracker(known: nil)
        let decision = tracker.connected(to: .instance("a"), position: nil, windowStart: self.id(5))
        #expect(decision == .adopt(.instance("a")))
        #expect(tracker.connected(to: .instance("a"), position: self.id(9), windowStart: self.id(5)) == .goOn)
    }

    @Test("A position without a store is filled in") func unknownStore() {
        var tracker = StoreTracker(known: nil)
        let plan = ReplayPlan(store: .instance("a"), after: self.id(5).predecessor, through: self.id(9))
        #expect(tracker.connected(to: .instance("a"), position: self.id(9), windowStart: self.id(5)) == .replay(plan))
    }

    @Test("A replay goes on after a lost connection, and starts anew for a third store") func interrupted() {
        var tracker = StoreTracker(known: .instance("a"))
        _ = tracker.connected(to: .instance("b"), position: self.id(90), windowStart: self.id(5))
        tracker.replayed(through: self.id(40))
        #expect(
            tracker.connected(to: .instance("b"), position: self.id(90), windowStart: self.id(6))
                == .replay(ReplayPlan(store: .instance("b"), after: self.id(40), through: self.id(90))))
        #expect(
            tracker.connected(to: .instance("c"), position: self.id(90), windowStart: self.id(7))
                == .replay(ReplayPlan(store: .instance("c"), after: self.id(7).predecessor, through: self.id(90))))
        #expect(tracker.replayFinished() == .instance("c"))
        #expect(tracker.known == .instance("c"))
        #expect(tracker.replayFinished() == nil)
    }
}
