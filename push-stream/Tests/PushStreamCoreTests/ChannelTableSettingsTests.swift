import PushStreamCore
import Testing

/// Settings that change while channels and messages are there.
@Suite struct ChannelTableSettingsTests {
    private static let now = 1_000_000_000

    private static func store(_ change: (inout StoreSettings) -> Void = { _ in }) -> ChannelStore {
        var settings = StoreSettings()
        change(&settings)
        return ChannelStore(settings: settings, mailboxes: [ChannelStore.Mailbox {}], now: now)
    }

    private static func apply(_ store: ChannelStore, _ change: (inout StoreSettings) -> Void) {
        var settings = store.settings
        change(&settings)
        store.apply(settings, now: now)
        #expect(store.settings == settings)
    }

    private static func publish(_ text: String, to name: String, in store: ChannelStore) throws -> ChannelStatistics? {
        let name = try #require(ChannelName(name))
        return try store.withTable { table throws(StoreError) in
            try table.publish(MessageDraft(text: Array(text.utf8)), to: [name], stores: true, now: now).first
        }
    }

    private static func summary(_ store: ChannelStore) throws -> StoreSummary { try store.withTable { $0.summary(now: now) } }

    @Test func `a lower limit of messages takes effect with the next message`() throws {
        let store = Self.store()
        for index in 0..<5 { _ = try Self.publish("\(index)", to: "a", in: store) }
        Self.apply(store) { $0.maxMessagesPerChannel = 2 }
        #expect(try Self.summary(store).storedMessages == 5)
        #expect(try Self.publish("x", to: "a", in: store)?.storedMessages == 2)
        #expect(try Self.summary(store).storedMessages == 2)
    }

    @Test func `a message TTL holds for what is stored too`() throws {
        let store = Self.store { $0.messageTTL = 60_000 }
        _ = try Self.publish("x", to: "a", in: store)
        Self.apply(store) { $0.messageTTL = 5000 }
        try store.withTable { $0.sweep(now: Self.now + 4000, limit: 10) }
        #expect(try Self.summary(store).storedMessages == 1)
        try store.withTable { $0.sweep(now: Self.now + 6000, limit: 10) }
        #expect(try Self.summary(store).storedMessages == 0)
    }

    @Test func `a smaller store refuses until what it holds fits`() throws {
        let store = Self.store()
        let text = String(repeating: "x", count: 10_000)
        for _ in 0..<5 { _ = try Self.publish(text, to: "a", in: store) }
        let used = try Self.summary(store).memoryUsed
        Self.apply(store) { $0.memoryLimit = 20_000 }
        #expect(throws: StoreError.outOfMemory) { try Self.publish("y", to: "a", in: store) }
        #expect(try Self.summary(store).memoryUsed == used)
        let name = try #require(ChannelName("a"))
        #expect(try store.withTable { table throws(StoreError) in try table.delete([name], text: nil, now: Self.now) } == 1)
        #expect(try Self.publish("y", to: "a", in: store)?.storedMessages == 1)
    }

    @Test func `a wildcard prefix counts channels anew`() throws {
        let store = Self.store { $0.maxWildcardChannels = 1 }
        for name in ["w_a", "w_b", "c"] { _ = try Self.publish("x", to: name, in: store) }
        Self.apply(store) { $0.wildcardPrefix = "w_" }
        #expect(try Self.summary(store).wildcardChannels == 2)
        #expect(try Self.summary(store).channels == 1)
        #expect(throws: StoreError.tooManyChannels) { try Self.publish("x", to: "w_c", in: store) }
        Self.apply(store) { $0.wildcardPrefix = "c" }
        #expect(try Self.summary(store).wildcardChannels == 1)
        #expect(try Self.publish("x", to: "w_c", in: store) != nil)
    }

    @Test func `events move to another channel and the old one is any channel`() throws {
        // With the limit reached: an events channel is made all the same.
        let store = Self.store {
            $0.eventsChannelID = "e1"
            $0.maxChannels = 3
        }
        for name in ["a", "b"] { _ = try Self.publish("x", to: name, in: store) }
        func stored(_ name: String) throws -> Int? {
            let name = try #require(ChannelName(name))
            return try store.withTable { $0.statistics(of: name)?.storedMessages }
        }
        #expect(try stored("e1") == 2)
        #expect(throws: StoreError.eventsChannelIsInternal) { try Self.publish("x", to: "e1", in: store) }
        Self.apply(store) { $0.eventsChannelID = "e2" }
        #expect(try Self.summary(store).storedMessages == 4)
        #expect(try Self.publish("x", to: "e1", in: store)?.storedMessages == 3)
        let name = try #require(ChannelName("b"))
        _ = try store.withTable { table throws(StoreError) in try table.delete([name], text: nil, now: Self.now) }
        #expect(try stored("e2") == 1)
        // A channel that is there becomes the one for events, and back.
        Self.apply(store) { $0.eventsChannelID = "a" }
        #expect(throws: StoreError.eventsChannelIsInternal) { try Self.publish("x", to: "a", in: store) }
        Self.apply(store) { $0.eventsChannelID = nil }
        #expect(try Self.publish("x", to: "a", in: store)?.storedMessages == 2)
        // The messages of the deleted channel count until they are collected.
        try store.withTable { $0.sweep(now: Self.now + 5000, limit: 0) }
        let total = try ["a", "e1", "e2"].compactMap { try stored($0) }.reduce(0, +)
        #expect(try Self.summary(store).storedMessages == total)
    }
}
