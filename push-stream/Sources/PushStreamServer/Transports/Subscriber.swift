import PushStreamCore

/// One subscriber of an event loop: what stays in memory between messages.
final class Subscriber {
    unowned let connection: ConnectionHandler
    let profile: SubscriberProfile
    /// Messages up to here were part of what the subscriber got at its start.
    let sequence: UInt64
    var subscriptions: [Subscription] = []
    /// Takes messages one by one, because it has several channels or waits for a single message.
    let needsOrder: Bool
    /// Tick of the last write, from which the ping interval counts.
    var lastActivity: Int
    /// Tick at which the connection ends; `.max` is never.
    let expiry: Int
    /// Long polls only.
    let longPoll: LongPoll?
    /// Made when a WebSocket client sends something.
    var incoming: IncomingWebSocket?

    init(
        connection: ConnectionHandler, profile: SubscriberProfile, sequence: UInt64, needsOrder: Bool, now: Int, expiry: Int,
        longPoll: LongPoll?
    ) {
        self.needsOrder = needsOrder
        self.connection = connection
        self.profile = profile
        self.sequence = sequence
        self.expiry = expiry
        self.longPoll = longPoll
        lastActivity = now
    }
}

/// A place in a channel's list of subscribers.
struct Subscription {
    let list: SubscriberList
    var index: Int32
}

/// The subscribers of one channel on one event loop.
final class SubscriberList {
    let channel: ChannelToken
    let name: ChannelName
    /// The second number says which of the subscriber's subscriptions this is.
    private(set) var entries: [(subscriber: Subscriber, slot: Int32)] = []
    /// Subscribers that also have other channels, or wait for a single message: they need the order of the whole tick.
    private(set) var orderedCount = 0

    init(channel: ChannelToken, name: ChannelName) {
        self.channel = channel
        self.name = name
    }

    func append(_ subscriber: Subscriber) {
        subscriber.subscriptions.append(Subscription(list: self, index: Int32(entries.count)))
        entries.append((subscriber, Int32(subscriber.subscriptions.count - 1)))
        if subscriber.needsOrder { orderedCount += 1 }
    }

    /// Takes out an entry; the last one moves into its place.
    func remove(at index: Int) {
        if entries[index].subscriber.needsOrder { orderedCount -= 1 }
        let last = entries.removeLast()
        if index < entries.count {
            entries[index] = last
            last.subscriber.subscriptions[Int(last.slot)].index = Int32(index)
        }
    }
}

/// State of a WebSocket client's own messages.
final class IncomingWebSocket {
    var reader: WebSocketReader

    init(_ reader: WebSocketReader) {
        self.reader = reader
    }
}

/// What is needed to answer a long poll later: a response whose head was decided when it came.
final class LongPoll {
    let response: HTTPResponse
    let callback: String?
    let minorVersion: Int
    let server: String

    init(response: HTTPResponse, callback: String?, minorVersion: Int, server: String) {
        self.response = response
        self.callback = callback
        self.minorVersion = minorVersion
        self.server = server
    }
}
