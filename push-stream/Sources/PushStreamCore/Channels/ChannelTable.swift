import DequeModule

/// All channels, as a synchronous state machine: every mutation gives what event loops have to deliver in ``outbox``, in the one
/// order that holds for all of them. ``ChannelStore`` puts the lock and the mailboxes around it.
///
/// Times are milliseconds since 1970 and come from the caller.
public struct ChannelTable {
    public internal(set) var settings: StoreSettings
    let loops: Int
    let startedAt: Int
    var channels: [ChannelName: Channel] = [:]
    /// The same channels in an array, so that a sweep can do a part at a time.
    var list: [Channel] = []
    /// The same channels by token, and also the deleted ones whose subscribers have not all been told yet.
    var byToken: [ChannelToken: Channel] = [:]
    /// Deleted channels count as such, and their messages as stored, until a collection finds that no subscriber is left. Nothing of
    /// them is in memory: only the figures are the Nginx module's.
    var channelsInDelete = 0
    var channelsToCollect = 0
    var messagesToCollect = 0
    var nextCollection: Int
    /// Milliseconds between two collections, as in the module.
    static let collectionInterval = 4000
    var sweepCursor = 0
    var lastToken: UInt64 = 0
    /// Place of the newest message in the order of all publishes.
    public internal(set) var lastSequence: UInt64 = 0
    private var lastTime = 0
    private var lastTag = 0
    public internal(set) var memoryUsed = 0
    private var lastMakingOfRoom = 0
    /// Milliseconds between two searches of all channels for something to free.
    private static let makingOfRoomInterval = 100
    var wildcardChannels = 0
    var publishedMessages = 0
    var storedMessages = 0
    var messagesInTrash = TrashCounter()
    var channelsInTrash = TrashCounter()
    /// Subscribers (connections, not subscriptions) per event loop.
    var subscribersPerLoop: [Int]
    var eventsChannel: ChannelName?
    var wildcardPrefix: [UInt8]?
    /// Filled by mutations, emptied by the owner.
    var outbox: [(loop: Int, delivery: Delivery)] = []

    public init(settings: StoreSettings, loops: Int, now: Int) {
        self.settings = settings
        self.loops = loops
        startedAt = now
        nextCollection = now + Self.collectionInterval
        subscribersPerLoop = Array(repeating: 0, count: loops)
        wildcardPrefix = settings.wildcardPrefix.flatMap { $0.isEmpty ? nil : Array($0.utf8) }
        eventsChannel = settings.eventsChannelID.flatMap { ChannelName($0) }
        // The events channel exists from the start and never goes.
        if let eventsChannel { _ = try? channel(eventsChannel, now: now) }
    }

    // MARK: Channels

    func isWildcard(_ name: ChannelName) -> Bool {
        wildcardPrefix.map { name.hasPrefix($0) } ?? false
    }

    /// Checks that hold for publishers and subscribers alike.
    public func check(_ name: ChannelName) throws(StoreError) { try validate(name) }

    /// Checks that hold for whoever changes channels.
    private func checkPublisher(of name: ChannelName) throws(StoreError) {
        try validate(name)
        if name == eventsChannel { throw .eventsChannelIsInternal }
    }

    func validate(_ name: ChannelName) throws(StoreError) {
        if name.bytes == Self.allChannels || name.bytes.contains(UInt8(ascii: "*")) { throw .channelIDNotAuthorized }
        if let limit = settings.maxChannelIDLength, name.bytes.count > limit { throw .channelIDTooLarge }
    }

    /// The statistics' name for every channel.
    static let allChannels = Array("ALL".utf8)

    /// Finds a channel or makes it.
    mutating func channel(_ name: ChannelName, now: Int) throws(StoreError) -> Channel {
        if let known = channels[name] {
            // Whatever this step frees to make room, it is not a channel that the step is about.
            known.inactiveAfter = max(known.inactiveAfter, now)
            return known
        }
        let isWildcard = isWildcard(name)
        let normalChannels = list.count - wildcardChannels
        if isWildcard, let limit = settings.maxWildcardChannels, wildcardChannels >= limit { throw .tooManyChannels }
        if !isWildcard, let limit = settings.maxChannels, normalChannels >= limit { throw .tooManyChannels }
        guard reserve(Channel.cost(of: name), now: now) else { throw .noRoomForChannel }
        return insert(name, isWildcard: isWildcard, now: now)
    }

    /// Makes a channel whose cost is charged already.
    mutating func insert(_ name: ChannelName, isWildcard: Bool, now: Int) -> Channel {
        lastToken += 1
        let channel = Channel(
            name: name, token: ChannelToken(value: lastToken), index: list.count, isWildcard: isWildcard,
            isForEvents: name == eventsChannel, loops: loops, inactiveAfter: now + settings.channelInactivityTime)
        channels[name] = channel
        byToken[channel.token] = channel
        list.append(channel)
        if isWildcard { wildcardChannels += 1 }
        emitEvent("channel_created", channel, now: now)
        return channel
    }

    /// Takes a channel out of the live ones. Its history is freed.
    ///
    /// - Returns: how many counted messages it held.
    mutating func detach(_ channel: Channel) -> Int {
        channel.isDeleted = true
        channels[channel.name] = nil
        let last = list.removeLast()
        if last !== channel {
            list[channel.index] = last
            last.index = channel.index
        }
        if channel.isWildcard { wildcardChannels -= 1 }
        let dropped = channel.removeHistory()
        for message in dropped { memoryUsed -= message.cost }
        memoryUsed -= channel.cost
        return channel.isForEvents ? 0 : dropped.count
    }

    /// Ends a detached channel that has no subscribers (any more).
    mutating func bury(_ channel: Channel, now: Int) {
        byToken[channel.token] = nil
        emitEvent("channel_destroyed", channel, now: now)
    }

    /// The last subscriber of a deleted channel has left.
    mutating func finishDeletion(of channel: Channel, now: Int) {
        channelsToCollect += 1
        messagesToCollect += channel.messagesAtDeletion
        bury(channel, now: now)
    }

    /// Charges `cost` against the memory limit; expired messages and channels go first when it is reached.
    ///
    /// - Returns: whether there was room.
    private mutating func reserve(_ cost: Int, now: Int) -> Bool {
        if memoryUsed + cost > settings.memoryLimit {
            // A full store must not make every publish look at every channel.
            guard abs(now - lastMakingOfRoom) >= Self.makingOfRoomInterval else { return false }
            lastMakingOfRoom = now
            sweep(now: now, limit: list.count)
            if memoryUsed + cost > settings.memoryLimit { return false }
        }
        memoryUsed += cost
        return true
    }

    // MARK: Messages

    /// Publishes to each channel in turn, making those that do not exist. Publishes nothing if a channel is refused; a store that
    /// fills up midway keeps what was published before.
    ///
    /// - Returns: the counters of each channel after the publish.
    public mutating func publish(
        _ draft: MessageDraft, to names: [ChannelName], stores: Bool, now: Int
    ) throws(StoreError) -> [ChannelStatistics] {
        let targets = try targets(names, now: now)
        for target in targets { _ = try add(draft, to: target, stores: stores, now: now) }
        return targets.map(\.statistics)
    }

    /// Makes the channels or keeps them alive, without a message.
    public mutating func ensure(_ names: [ChannelName], now: Int) throws(StoreError) -> [ChannelStatistics] {
        let targets = try targets(names, now: now)
        for target in targets { target.inactiveAfter = now + settings.channelInactivityTime }
        return targets.map(\.statistics)
    }

    /// The channels of a publisher. One that is refused leaves those that stand before it, as in the module.
    private mutating func targets(_ names: [ChannelName], now: Int) throws(StoreError) -> [Channel] {
        var targets: [Channel] = []
        for name in names {
            try checkPublisher(of: name)
            targets.append(try channel(name, now: now))
        }
        return targets
    }

    @discardableResult
    mutating func add(_ draft: MessageDraft, to channel: Channel, stores: Bool, now: Int) throws(StoreError) -> Message {
        if stores {
            let cost = Message.cost(text: draft.text.count, eventID: draft.eventID?.count, eventType: draft.eventType?.count)
            guard reserve(cost, now: now) else { throw .outOfMemory }
        }
        // A clock that steps back must not let later messages sort before earlier ones.
        let time = max(now / 1000, lastTime)
        lastTag = time == lastTime ? lastTag + 1 : 1
        lastTime = time
        lastSequence += 1
        // What is stored takes the memory that it is charged for, not what its reader had reserved.
        let text =
            stores && draft.text.capacity > draft.text.count + draft.text.count / 8 + 64
            ? draft.text.withUnsafeBufferPointer(Array.init) : draft.text
        let message = Message(
            sequence: lastSequence, id: channel.lastID + 1, channel: channel.name.bytes, text: text, eventID: draft.eventID,
            eventType: draft.eventType, time: time, tag: lastTag)
        channel.lastID += 1
        channel.lastTime = time
        channel.lastTag = lastTag
        channel.inactiveAfter = now + settings.channelInactivityTime
        if !channel.isForEvents { publishedMessages += 1 }
        if stores {
            channel.append(message)
            if !channel.isForEvents { storedMessages += 1 }
            if let limit = settings.maxMessagesPerChannel {
                while channel.history.count > limit { dropOldest(of: channel, now: now) }
            }
        } else {
            messagesInTrash.add(1, now: now)
        }
        post(Delivery(kind: .message, channel: channel.token, message: message), of: channel)
        return message
    }

    mutating func dropOldest(of channel: Channel, now: Int) {
        guard let message = channel.removeOldest() else { return }
        memoryUsed -= message.cost
        if !channel.isForEvents { storedMessages -= 1 }
        messagesInTrash.add(1, now: now)
    }

    private mutating func post(_ delivery: Delivery, of channel: Channel) {
        guard channel.subscribers > 0 else { return }
        for loop in 0..<loops where channel.subscribersPerLoop[loop] > 0 { outbox.append((loop, delivery)) }
    }

    /// Publishes on the events channel what happened to another channel. A full store drops the event, not the cause.
    mutating func emitEvent(_ type: String, _ channel: Channel, now: Int) {
        guard let eventsChannel, !channel.isForEvents, let target = channels[eventsChannel] else { return }
        var text = Array("{\"type\": \"\(type)\", \"channel\": \"".utf8)
        JSONEscaping.append(channel.name.bytes, to: &text)
        text += "\"}".utf8
        _ = try? add(MessageDraft(text: text, eventType: Array(type.utf8)), to: target, stores: true, now: now)
    }

    // MARK: Deletion

    /// Deletes channels: their subscribers get `text` (default: the configured one) and are disconnected.
    ///
    /// - Returns: how many of them existed.
    public mutating func delete(_ names: [ChannelName], text: [UInt8]?, now: Int) throws(StoreError) -> Int {
        for name in names { try checkPublisher(of: name) }
        var deleted = 0
        for name in names {
            guard let channel = channels[name] else { continue }
            deleted += 1
            channelsInDelete += 1
            channel.messagesAtDeletion = detach(channel)
            let message = Message(
                sequence: lastSequence, id: Message.ServerID.channelDeleted, channel: name.bytes,
                text: text ?? Array(settings.channelDeletedText.utf8))
            if channel.subscribers > 0 {
                post(Delivery(kind: .channelDeleted, channel: channel.token, message: message), of: channel)
            } else {
                finishDeletion(of: channel, now: now)
            }
        }
        return deleted
    }
}
