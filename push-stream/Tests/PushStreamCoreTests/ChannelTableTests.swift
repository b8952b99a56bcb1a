import Testing

@testable import PushStreamCore

@Suite struct ChannelTableTests {
    private func table(loops: Int = 2, _ change: (inout StoreSettings) -> Void = { _ in }) -> ChannelTable {
        var settings = StoreSettings()
        change(&settings)
        return ChannelTable(settings: settings, loops: loops, now: 1_000_000)
    }

    private func name(_ text: String) -> ChannelName { ChannelName(text)! }

    private func texts(_ messages: [Message]) -> [String] { messages.map { String(decoding: $0.text, as: UTF8.self) } }

    @discardableResult
    private func publish(
        _ table: inout ChannelTable, _ channel: String, _ text: String, eventID: String? = nil, at now: Int = 1_000_000
    ) throws -> ChannelStatistics {
        try table.publish(
            MessageDraft(text: Array(text.utf8), eventID: eventID.map { Array($0.utf8) }), to: [name(channel)], stores: true,
            now: now)[0]
    }

    private func subscribe(
        _ table: inout ChannelTable, _ path: String, _ position: ResumePosition = .live, rule: RegistrationRule = .always,
        loop: Int = 0, now: Int = 1_000_000
    ) throws -> SubscribeResult {
        try table.subscribe(
            SubscribeRequest(channels: try SubscriberPath.parse(Array(path.utf8)), position: position), rule: rule, loop: loop,
            now: now)
    }

    @Test func tagsCountWithinASecondOverAllChannels() throws {
        var table = table()
        try publish(&table, "a", "1", at: 5_000_100)
        try publish(&table, "b", "2", at: 5_000_900)
        try publish(&table, "a", "3", at: 5_001_000)
        // The clock steps back: order stays.
        try publish(&table, "a", "4", at: 4_000_000)
        let messages = try subscribe(&table, "a.b9/b.b9", now: 5_001_000).messages
        #expect(messages.map(\.time) == [5000, 5000, 5001, 5001])
        #expect(messages.map(\.tag) == [1, 2, 1, 2])
        #expect(messages.map(\.id) == [1, 1, 2, 3])
        #expect(texts(messages) == ["1", "2", "3", "4"])
    }

    @Test func deliveriesGoToLoopsWithSubscribersAndSnapshotsAreExact() throws {
        var table = table()
        try publish(&table, "a", "before")
        #expect(table.outbox.isEmpty)
        let first = try subscribe(&table, "a.b1", loop: 1)
        #expect(texts(first.messages) == ["before"])
        try publish(&table, "a", "after")
        #expect(table.outbox.map(\.loop) == [1])
        #expect(table.outbox[0].delivery.message.sequence > first.sequence)
        table.outbox = []
        table.unsubscribe(first.registered, loop: 1, now: 1_000_000)
        try publish(&table, "a", "nobody")
        #expect(table.outbox.isEmpty)
    }

    @Test func historyIsBoundedByCountAndAge() throws {
        var table = table {
            $0.maxMessagesPerChannel = 3
            $0.messageTTL = 10_000
        }
        for index in 1...5 { try publish(&table, "a", "\(index)", at: 1_000_000 + index * 1000) }
        #expect(texts(try subscribe(&table, "a.b9", rule: .never, now: 1_006_000).messages) == ["3", "4", "5"])
        #expect(texts(try subscribe(&table, "a.b9", rule: .never, now: 1_013_500).messages) == ["4", "5"])
        table.sweep(now: 1_020_000, limit: 10)
        #expect(table.summary(now: 1_020_000).storedMessages == 0)
        #expect(table.summary(now: 1_020_000).messagesInTrash > 0)
        #expect(table.summary(now: 1_032_000).messagesInTrash == 0)
    }

    @Test func inactiveChannelsGoAndGiveTheirMemoryBack() throws {
        var table = table {
            $0.channelInactivityTime = 1000
            $0.messageTTL = 500
        }
        for index in 0..<50 { try publish(&table, "c\(index)", "x") }
        let kept = try subscribe(&table, "c7")
        _ = try table.ensure([name("c9")], now: 1_001_800)
        table.sweep(now: 1_002_000, limit: 100)
        #expect(table.statistics().map(\.name.description) == ["c7", "c9"])
        table.unsubscribe(kept.registered, loop: 0, now: 1_002_000)
        table.sweep(now: 1_009_000, limit: 100)
        #expect(table.channelCount == 0)
        #expect(table.memoryUsed == 0)
        #expect(table.summary(now: 1_009_000).channelsInTrash == 50)
    }

    @Test func aFullStoreRefusesAndMakesRoomFromWhatExpired() throws {
        var table = table {
            $0.memoryLimit = 4000
            $0.messageTTL = 1000
            $0.channelInactivityTime = 1000
        }
        var published = 0
        while (try? publish(&table, "a", String(repeating: "x", count: 400))) != nil { published += 1 }
        #expect(published > 2)
        #expect(table.memoryUsed <= 4000)
        #expect(throws: StoreError.outOfMemory) { try publish(&table, "a", String(repeating: "x", count: 3000)) }
        #expect(throws: StoreError.noRoomForChannel) { try publish(&table, "b", String(repeating: "x", count: 3000)) }
        try publish(&table, "a", String(repeating: "x", count: 400), at: 1_003_000)
        #expect(table.summary(now: 1_003_000).storedMessages == 1)
    }

    @Test func aFullStoreIsSearchedForRoomNowAndThen() throws {
        var table = table {
            $0.memoryLimit = 4000
            $0.messageTTL = 1000
            $0.eventsChannelID = "events"
        }
        while (try? publish(&table, "a", "x")) != nil {}
        let used = table.memoryUsed
        #expect(throws: StoreError.noRoomForChannel) { try publish(&table, "new", "x") }
        #expect(throws: StoreError.noRoomForChannel) { try subscribe(&table, "new") }
        #expect(throws: StoreError.noRoomForChannel) { try table.ensure([name("new")], now: 1_000_000) }
        #expect(table.memoryUsed == used)
        // A first search finds nothing that has expired; the next one comes a tenth of a second later.
        #expect(throws: StoreError.outOfMemory) { try publish(&table, "a", "x", at: 1_000_990) }
        #expect(throws: StoreError.outOfMemory) { try publish(&table, "a", "x", at: 1_001_020) }
        try publish(&table, "a", "x", at: 1_001_090)
    }

    /// Each channel that goes is told on the events channel, and its event takes room that another channel must leave.
    @Test func channelsThatGoFromAFullStoreAreToldWithoutEnd() throws {
        var table = table {
            $0.memoryLimit = 4_000_000
            $0.channelInactivityTime = 1000
            $0.eventsChannelID = "events"
        }
        // Their events are larger than they are: each quote takes two bytes there.
        let quotes = String(repeating: "\"", count: 300)
        for number in 0... where (try? table.ensure([name("\(quotes)\(number)")], now: 1_000_000)) == nil { break }
        #expect(table.channelCount > 1000)
        _ = try? table.ensure([name("new")], now: 1_010_000)
        #expect(table.memoryUsed <= 4_000_000)
        #expect(table.channelCount <= 2)
    }

    @Test func deletedChannelsWaitForTheirSubscribers() throws {
        var table = table()
        let subscriber = try subscribe(&table, "a/b", loop: 1)
        try publish(&table, "a", "x")
        table.outbox = []
        #expect(try table.delete([name("a"), name("none")], text: nil, now: 1_000_000) == 1)
        #expect(table.outbox.map(\.delivery.kind) == [.channelDeleted])
        #expect(table.summary(now: 1_000_000).channelsInDelete == 1)
        // A new channel of that name is another one.
        #expect(try publish(&table, "a", "new").subscribers == 0)
        // Until the next collection the figures are as the module's are.
        #expect(table.summary(now: 1_000_000).storedMessages == 2)
        table.sweep(now: 1_004_000, limit: 0)
        #expect(table.summary(now: 1_004_000).channelsInDelete == 1)
        table.unsubscribe(subscriber.registered, loop: 1, now: 1_005_000)
        #expect(table.summary(now: 1_005_000).channelsInDelete == 1)
        table.sweep(now: 1_007_999, limit: 0)
        #expect(table.summary(now: 1_007_999).channelsInDelete == 1)
        table.sweep(now: 1_008_000, limit: 0)
        let summary = table.summary(now: 1_008_000)
        #expect(summary.channelsInDelete == 0)
        #expect(summary.channelsInTrash == 1)
        #expect(summary.messagesInTrash == 1)
        #expect(summary.storedMessages == 1)
        #expect(summary.subscribers == 0)
        #expect(table.statistics(of: name("b"))?.subscribers == 0)
    }

    @Test func lastEventIDFindsItsPlaceInWhateverChannelHasIt() throws {
        var table = table { $0.maxMessagesPerChannel = 4 }
        for index in 1...12 { try publish(&table, ["a", "b", "c"][index % 3], "\(index)", eventID: "\(index)-0") }
        func resume(_ path: String, _ id: String) throws -> [String] {
            texts(try subscribe(&table, path, ResumePosition(eventID: Array(id.utf8)), rule: .never).messages)
        }
        #expect(try resume("a", "6-0") == ["9", "12"])
        #expect(try resume("a/b", "6-0") == ["7", "9", "10", "12"])
        #expect(try resume("a/b/c", "12-0") == [])
        #expect(try resume("a/b", "5-3") == ["6", "7", "9", "10", "12"])
        #expect(try resume("a", "999999999999999999999-0") == [])
        #expect(try resume("a", "unknown") == [])
        try publish(&table, "b", "13", eventID: "9-5")
        #expect(try resume("b", "9-1") == ["10", "13"])
    }

    @Test func whoResumesAheadOfTheStoreCatchesUp() throws {
        var table = table()
        func resume(_ path: String, _ id: String, time: Int? = nil) throws -> SubscribeResult {
            try subscribe(&table, path, ResumePosition(time: time, eventID: Array(id.utf8)))
        }
        #expect(try resume("a", "6-0").catchesUpFrom == StreamEventID(Array("6-0".utf8)))
        #expect(try resume("a", "six").catchesUpFrom == nil)
        #expect(try subscribe(&table, "a").catchesUpFrom == nil)
        for id in ["1-0", "5-9"] { try publish(&table, "a", id, eventID: id) }
        try publish(&table, "a", "foreign", eventID: "x")
        let result = try resume("a/b", "6-0")
        #expect(result.catchesUpFrom != nil)
        #expect(result.messages.isEmpty)
        // The times at which a new store was filled tell nothing.
        #expect(texts(try resume("a", "6-0", time: 1).messages) == ["foreign"])
        #expect(texts(try resume("a.b3", "6-0").messages) == ["1-0", "5-9", "foreign"])
        try publish(&table, "b", "6-0", eventID: "6-0")
        #expect(try resume("a/b", "6-0").catchesUpFrom == nil)
        #expect(try resume("a", "6-0").catchesUpFrom != nil)
        try publish(&table, "a", "7-0", eventID: "7-0")
        #expect(try resume("a", "6-0").catchesUpFrom == nil)
        #expect(texts(try resume("a", "6-0").messages) == ["7-0"])
    }

    @Test func timeAndTagPositionsAreExact() throws {
        var table = table()
        for second in 0..<3 {
            for index in 1...3 {
                try publish(&table, index == 2 ? "b" : "a", "\(second).\(index)", at: 1_000_000 + second * 1000)
            }
        }
        func resume(_ time: Int, _ tag: Int?) throws -> [String] {
            texts(try subscribe(&table, "a/b", ResumePosition(time: time, tag: tag), rule: .never).messages)
        }
        #expect(try resume(1001, 1) == ["1.2", "1.3", "2.1", "2.2", "2.3"])
        #expect(try resume(1001, nil) == ["2.1", "2.2", "2.3"])
        #expect(try resume(1002, 3) == [])
        let waiting = try subscribe(&table, "a", ResumePosition(time: 1002, tag: 3), rule: .whenNothingIsStored)
        #expect(waiting.registered.count == 1)
        let answered = try subscribe(&table, "a", ResumePosition(time: 1001, tag: 3), rule: .whenNothingIsStored)
        #expect(answered.registered.isEmpty)
        #expect(answered.newestTime == 1002)
        #expect(answered.newestTag == 3)
    }

    @Test func eventsAreToldOnTheEventsChannel() throws {
        var table = table {
            $0.eventsChannelID = "events"
            $0.channelInactivityTime = 10
        }
        let subscriber = try subscribe(&table, "a")
        table.unsubscribe(subscriber.registered, loop: 0, now: 1_000_000)
        table.sweep(now: 1_001_000, limit: 10)
        #expect(throws: StoreError.eventsChannelForbidden) { try subscribe(&table, "events") }
        #expect(throws: StoreError.eventsChannelIsInternal) { try publish(&table, "events", "x") }
        let request = SubscribeRequest(
            channels: [RequestedChannel(name: name("events"), backtrack: 9)], allowsEventsChannel: true)
        let messages = try table.subscribe(request, rule: .never, loop: 0, now: 1_001_000).messages
        #expect(
            texts(messages) == [
                "{\"type\": \"channel_created\", \"channel\": \"a\"}", "{\"type\": \"client_subscribed\", \"channel\": \"a\"}",
                "{\"type\": \"client_unsubscribed\", \"channel\": \"a\"}",
                "{\"type\": \"channel_destroyed\", \"channel\": \"a\"}",
            ])
        #expect(table.summary(now: 1_001_000).publishedMessages == 0)
    }

    @Test func pathsAreReadAsTheModuleDoes() throws {
        func parse(_ text: String) throws -> [String] {
            try SubscriberPath.parse(Array(text.utf8)).map { "\($0.name):\($0.backtrack)" }
        }
        #expect(try parse("a/b.b5/c") == ["a:0", "b:5", "c:0"])
        #expect(try parse("/a.b3/") == ["a:3"])
        #expect(try parse("a.b") == ["a.b:0"])
        #expect(try parse("a.bx5/.b3x") == ["a.bx5:0", ".b3x:0"])
        #expect(try parse("a%2Eb5") == ["a:5"])
        #expect(try parse("%41%/a.b99999999999999999999") == ["A%:0", "a:\(Int.max)"])
        #expect(try parse("a/a.b2/a") == ["a:2"])
        for text in ["", "/", "//", ".b5"] { #expect(throws: StoreError.noChannelID) { try parse(text) } }
        for text in ["%00", "a%0a", "%ff", "%ed%a0%80"] { #expect(throws: StoreError.invalidChannelID) { try parse(text) } }
    }
}
