extension ChannelTable {
    /// Lets other settings hold from now on. Every channel, message and subscription stays, also where a limit is lower than what is
    /// there: then it holds for what comes.
    ///
    /// A shorter `push_stream_message_ttl` or a longer one holds for stored messages too, because messages carry when they were
    /// published and not when they end.
    mutating func apply(_ settings: StoreSettings, now: Int) {
        guard settings != self.settings else { return }
        let before = self.settings
        self.settings = settings
        if settings.wildcardPrefix != before.wildcardPrefix { markWildcards() }
        if settings.eventsChannelID != before.eventsChannelID { moveEvents(now: now) }
    }

    /// Tells wildcard channels by the prefix, which has changed.
    private mutating func markWildcards() {
        wildcardPrefix = settings.wildcardPrefix.flatMap { $0.isEmpty ? nil : Array($0.utf8) }
        for channel in list { channel.isWildcard = isWildcard(channel.name) }
        wildcardChannels = list.count(where: \.isWildcard)
    }

    /// Events go to another channel, or to none. The old one lives on as any channel, with its messages.
    private mutating func moveEvents(now: Int) {
        if let old = eventsChannel.flatMap({ channels[$0] }) {
            old.isForEvents = false
            old.inactiveAfter = now + settings.channelInactivityTime
            storedMessages += old.history.count
        }
        eventsChannel = settings.eventsChannelID.flatMap { ChannelName($0) }
        guard let eventsChannel else { return }
        if let known = channels[eventsChannel] {
            known.isForEvents = true
            storedMessages -= known.history.count
        } else {
            // No limit keeps it out: where it cannot be made, every later event would be lost.
            memoryUsed += Channel.cost(of: eventsChannel)
            _ = insert(eventsChannel, isWildcard: isWildcard(eventsChannel), now: now)
        }
    }
}
