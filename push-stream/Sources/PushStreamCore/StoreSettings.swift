/// What the `http` level of nginx.conf says about the channel store. Times are in milliseconds; `nil` is without limit.
public struct StoreSettings: Sendable, Equatable {
    /// `push_stream_shared_memory_size`: bytes that channels and messages may take together.
    public var memoryLimit: Int = 32 * 1024 * 1024
    /// `push_stream_max_messages_stored_per_channel`.
    public var maxMessagesPerChannel: Int?
    /// `push_stream_message_ttl`.
    public var messageTTL: Int? = 30 * 60 * 1000
    /// `push_stream_channel_inactivity_time`.
    public var channelInactivityTime: Int = 30 * 1000
    /// `push_stream_max_channel_id_length`, in bytes.
    public var maxChannelIDLength: Int?
    public var maxSubscribersPerChannel: Int?
    /// `push_stream_subscribers_limit`: over all channels.
    public var maxSubscribers: Int?
    public var maxChannels: Int?
    public var maxWildcardChannels: Int?
    public var wildcardPrefix: String?
    public var eventsChannelID: String?
    /// `push_stream_channel_deleted_message_text`.
    public var channelDeletedText: String = "Channel deleted"
    /// `push_stream_ping_message_text`. The module's default is a space, whatever its documentation says.
    public var pingText: String = " "
    /// `push_stream_timeout_with_body`.
    public var timeoutWithBody: Bool = false

    public init() {}
}

/// How a subscriber is served: the values of `push_stream_subscriber` and of the header `X-Nginx-PushStream-Mode`.
public enum SubscriberMode: String, Sendable {
    case streaming
    case polling
    case longPolling = "long-polling"
    case eventSource = "eventsource"
    case webSocket = "websocket"
}
