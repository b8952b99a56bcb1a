/// Why the store refuses a request. Statuses and explanations are those of the Nginx module, which subscribers and publishers
/// may depend on; the last three are ours.
public enum StoreError: Error, Hashable, Sendable {
    case noChannelID
    case channelIDNotAuthorized
    case channelIDTooLarge
    case invalidChannelID
    case tooManyWildcardChannels
    case tooManySubscribers
    case channelNotAuthorized
    case tooManyChannels
    case eventsChannelIsInternal
    case eventsChannelForbidden
    /// The server has as many subscribers as `push_stream_subscribers_limit` lets it have.
    case serverIsFull
    /// The store has used all that `push_stream_shared_memory_size` gives it: there is no room for a message.
    case outOfMemory
    /// Likewise for a channel.
    case noRoomForChannel

    /// Whether it is the store that is full, not the request that is wrong.
    public var isOutOfMemory: Bool { self == .outOfMemory || self == .noRoomForChannel }

    public var status: Int {
        switch self {
        case .noChannelID, .channelIDTooLarge, .invalidChannelID: 400
        case .outOfMemory, .noRoomForChannel: 500
        case .serverIsFull: 503
        default: 403
        }
    }

    /// Value of the header `X-Nginx-PushStream-Explain`; empty where the module says nothing.
    public var explanation: String {
        switch self {
        case .noChannelID: "No channel id provided."
        case .channelIDNotAuthorized: "Channel id not authorized for this method."
        case .channelIDTooLarge: "Channel id is too large."
        case .invalidChannelID: "Channel id is not valid."
        case .tooManyWildcardChannels: "Subscribed too much wildcard channels."
        case .tooManySubscribers: "Subscribers limit per channel has been exceeded."
        case .channelNotAuthorized: "Subscriber could not create channels."
        case .tooManyChannels: "Number of channels were exceeded."
        case .eventsChannelIsInternal: "Only internal routines can change events channel."
        case .eventsChannelForbidden: "Subscription to events channel is not allowed."
        case .serverIsFull: "Subscribers limit of the server has been exceeded."
        case .outOfMemory, .noRoomForChannel: ""
        }
    }
}
