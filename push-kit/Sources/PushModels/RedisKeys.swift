/// The names under which the Push Service keeps its data in Redis.
///
/// The three prefixes are configurable because existing deployments set them (`redis.db.channel.prefix` and so on).
/// No command of the Push Service names two of these keys at once, except for keys of one kind that are read one by one, and for
/// the stream with a key that a hash tag keeps in the stream's slot, so the names work on Redis Cluster too.
public struct RedisKeys: Sendable, Equatable {
    /// The stream of ``StreamEntry`` from push-api to the agents.
    public static let messages = "push_messages"
    /// Sorted set of channel ids by creation time in milliseconds since 1970: the order of the channel list.
    public static let channelIndex = "push_channels"
    /// Sorted set of agent names by the time, in milliseconds since 1970, of their last report.
    public static let agentIndex = "push_agents"
    /// Hash of API keys by id.
    public static let apiKeys = "push_api_keys"

    public var channelPrefix: String
    public var globalStatisticsPrefix: String
    public var channelStatisticsPrefix: String

    public init(
        channelPrefix: String = "ch", globalStatisticsPrefix: String = "stats_global",
        channelStatisticsPrefix: String = "stats_channel"
    ) {
        self.channelPrefix = channelPrefix
        self.globalStatisticsPrefix = globalStatisticsPrefix
        self.channelStatisticsPrefix = channelStatisticsPrefix
    }

    /// The JSON of a ``ChannelRecord``; expires with the channel.
    public func channel(_ id: String) -> String { "\(self.channelPrefix)_\(id)" }

    /// push-stream's summary as the agent reported it last.
    public func globalStatistics(agent: String) -> String { "\(self.globalStatisticsPrefix):\(agent)" }

    /// push-stream's statistics of one channel as the agent reported them last.
    public func channelStatistics(channel: String, agent: String) -> String {
        "\(self.channelStatisticsPrefix):\(channel):\(agent)"
    }

    /// What was answered to a request with an `Idempotency-Key`; expires. The hash tag puts it where the stream is.
    ///
    /// - Parameter digest: Of the key and of who gave it.
    public static func idempotency(_ digest: String) -> String { "push_idempotency:{\(Self.messages)}:\(digest)" }

    /// How much of its rate limits an API key has used up of late.
    public static func rateLimit(apiKey id: String) -> String { "push_rate:\(id)" }

    /// How much of the limits of the whole Push Service all publishers have used up of late. No API key has such an id.
    public static let serviceRateLimit = "push_rate:*"

    /// The id of the last stream entry that the agent's push-stream has.
    public static func position(agent: String) -> String { "push_position:\(agent)" }

    /// An entry, mostly the one at the position, with its place among all that the stream has ever had: `<id> <place>`, where the
    /// first is 1. What the stream has had since is what the agent lags behind.
    public static func readCount(agent: String) -> String { "push_read_count:\(agent)" }

    /// The last hour of ``StatisticsSample``: a hash with a field for each ``StatisticsSample/slot``.
    public static func series(agent: String) -> String { "push_series:\(agent)" }

    /// The agent's channels with most subscribers: the JSON of ``TopChannel``s.
    public static func topChannels(agent: String) -> String { "push_top:\(agent)" }

    /// Which store of push-stream has everything up to that position (see ``PushStreamHeaders/instance``).
    public static func store(agent: String) -> String { "push_store:\(agent)" }
}
