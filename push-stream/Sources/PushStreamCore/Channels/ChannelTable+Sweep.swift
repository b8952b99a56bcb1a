import DequeModule

extension ChannelTable {
    /// Drops expired messages and inactive channels of the next `limit` channels. Called again and again, it gets to all of them
    /// without holding the lock for long.
    public mutating func sweep(now: Int, limit: Int) {
        if now >= nextCollection { collectDeleted(now: now) }
        for _ in 0..<min(limit, list.count) {
            if list.isEmpty { return }
            if sweepCursor >= list.count { sweepCursor = 0 }
            let channel = list[sweepCursor]
            expireMessages(of: channel, now: now)
            if channel.history.isEmpty, channel.subscribers == 0, channel.inactiveAfter < now, !channel.isForEvents {
                // The last channel takes this one's place, so the cursor stays.
                let messages = detach(channel)
                storedMessages -= messages
                messagesInTrash.add(messages, now: now)
                channelsInTrash.add(1, now: now)
                bury(channel, now: now)
            } else {
                sweepCursor += 1
            }
        }
    }

    /// Moves what was deleted to trash.
    private mutating func collectDeleted(now: Int) {
        nextCollection += ((now - nextCollection) / Self.collectionInterval + 1) * Self.collectionInterval
        channelsInDelete -= channelsToCollect
        channelsInTrash.add(channelsToCollect, now: now)
        storedMessages -= messagesToCollect
        messagesInTrash.add(messagesToCollect, now: now)
        (channelsToCollect, messagesToCollect) = (0, 0)
    }

    mutating func expireMessages(of channel: Channel, now: Int) {
        guard let ttl = settings.messageTTL else { return }
        while let oldest = channel.history.first, oldest.time * 1000 + ttl <= now { dropOldest(of: channel, now: now) }
    }

    // MARK: Statistics

    public var channelCount: Int { list.count }

    public func statistics(of name: ChannelName) -> ChannelStatistics? {
        channels[name]?.statistics
    }

    /// - Parameter prefix: only channels whose ids start with it.
    /// - Returns: the channels in the order in which they were made.
    public func statistics(prefix: [UInt8] = []) -> [ChannelStatistics] {
        list.filter { prefix.isEmpty || $0.name.hasPrefix(prefix) }.sorted { $0.token.value < $1.token.value }.map(\.statistics)
    }

    public mutating func summary(now: Int) -> StoreSummary {
        StoreSummary(
            time: now / 1000, channels: list.count - wildcardChannels, wildcardChannels: wildcardChannels,
            publishedMessages: publishedMessages, storedMessages: storedMessages,
            messagesInTrash: messagesInTrash.count(now: now), channelsInDelete: channelsInDelete,
            channelsInTrash: channelsInTrash.count(now: now), subscribersPerLoop: subscribersPerLoop,
            uptime: max(0, now / 1000 - startedAt / 1000), memoryUsed: memoryUsed)
    }
}
