/// One published message. Immutable, so that event loops share it without a lock.
public final class Message: Sendable {
    /// Place in the order of all publishes of this store; starts at 1.
    public let sequence: UInt64
    /// Counts up per channel from 1. Negative for the messages that the server makes itself.
    public let id: Int
    /// Empty for messages that belong to no channel (ping, long polling timeout).
    public let channel: [UInt8]
    public let text: [UInt8]
    public let eventID: [UInt8]?
    public let eventType: [UInt8]?
    /// Seconds since 1970.
    public let time: Int
    /// Counts up within one second over all channels, else restarts at 1.
    public let tag: Int

    public init(
        sequence: UInt64 = 0, id: Int, channel: [UInt8] = [], text: [UInt8], eventID: [UInt8]? = nil, eventType: [UInt8]? = nil,
        time: Int = 0, tag: Int = 0
    ) {
        self.sequence = sequence
        self.id = id
        self.channel = channel
        self.text = text
        self.eventID = eventID
        self.eventType = eventType
        self.time = time
        self.tag = tag
    }

    /// What the message is charged against the store's memory limit: its bytes and an allowance for the objects around them.
    var cost: Int { Self.cost(text: text.count, eventID: eventID?.count, eventType: eventType?.count) }

    static func cost(text: Int, eventID: Int?, eventType: Int?) -> Int {
        192 + text + (eventID.map { $0 + 32 } ?? 0) + (eventType.map { $0 + 32 } ?? 0)
    }

    /// Its event id, if that is of the ordered form.
    public var streamEventID: StreamEventID? { eventID.flatMap { StreamEventID($0) } }

    /// Ids of the messages that the server itself makes, as the Nginx module numbers them.
    public enum ServerID {
        public static let ping = -1
        public static let channelDeleted = -2
        public static let longPollingTimeout = -3
    }
}

/// What a publisher gives; the store adds id, time and tag.
public struct MessageDraft: Sendable {
    public var text: [UInt8]
    public var eventID: [UInt8]?
    public var eventType: [UInt8]?

    public init(text: [UInt8], eventID: [UInt8]? = nil, eventType: [UInt8]? = nil) {
        self.text = text
        self.eventID = eventID
        self.eventType = eventType
    }
}

/// What an event loop has to hand to its subscribers of one channel.
public struct Delivery: Sendable {
    public enum Kind: Sendable, Equatable {
        case message
        /// The channel is gone: its subscribers get `message` and lose the subscription.
        case channelDeleted
    }
    public var kind: Kind
    public var channel: ChannelToken
    public var message: Message
}
