/// A channel and how many subscribers it has.
public struct TopChannel: Codable, Sendable, Equatable {
    /// Channels that an agent reports at most.
    public static let maximumReported = 100

    public var channel: String
    public var subscribers: Int

    public init(channel: String, subscribers: Int) {
        self.channel = channel
        self.subscribers = subscribers
    }

    /// Most subscribers first, then the bytes of the id, so that the order is always the same.
    public static func precedes(_ left: TopChannel, _ right: TopChannel) -> Bool {
        if left.subscribers != right.subscribers { return left.subscribers > right.subscribers }
        return left.channel.utf8.lexicographicallyPrecedes(right.channel.utf8)
    }
}
