/// Counters of one channel, as the statistics show them.
public struct ChannelStatistics: Sendable, Equatable {
    public var name: ChannelName
    public var publishedMessages: Int
    public var storedMessages: Int
    public var subscribers: Int
}

/// Counters of the whole store. Times are seconds.
public struct StoreSummary: Sendable, Equatable {
    /// Seconds since 1970.
    public var time: Int
    public var channels: Int
    public var wildcardChannels: Int
    public var publishedMessages: Int
    public var storedMessages: Int
    public var messagesInTrash: Int
    public var channelsInDelete: Int
    public var channelsInTrash: Int
    /// Connected subscribers of each event loop.
    public var subscribersPerLoop: [Int]
    /// Seconds since the store was made.
    public var uptime: Int
    /// Bytes charged against the memory limit.
    public var memoryUsed: Int

    public var subscribers: Int { subscribersPerLoop.reduce(0, +) }
}
