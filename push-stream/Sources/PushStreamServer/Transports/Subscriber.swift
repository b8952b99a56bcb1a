import NIOCore
import PushStreamCore
import Synchronization

/// Where a subscriber's bytes go: a NIO channel with its ``ConnectionHandler``, or a ``SubscriberSocket``.
protocol SubscriberLink: AnyObject {
    /// The socket that messages may be written to directly, or -1 if they must go through ``send(_:)``.
    var directDescriptor: Int32 { get }
    /// Bytes that wait for the client to read on.
    var unsentBytes: Int { get }
    /// Whether the configuration still has the address that the client connected to.
    var isListening: Bool { get }
    /// Sends bytes, or keeps them until the client reads on.
    ///
    /// - Returns: false if the client has left more unread than it may: it must go.
    func send(_ buffer: ByteBuffer) -> Bool
    /// Ends what ``send(_:)`` has gathered in one tick.
    func flush()
    /// Writes the last bytes. Then the connection serves the next request if `keepAliveTime` (milliseconds) is above 0, else it ends.
    func finish(_ rest: ByteBuffer, keepAliveTime: Int)
    /// Ends the connection without a goodbye.
    func drop()
    /// Ends the connection by a reset: what the client has not taken is forgotten by the system too.
    func reset()
    /// For the error log.
    var clientAddress: String { get }
}

/// One subscriber of an event loop: what stays in memory between messages. Its timer is the connection's time and its ping.
final class Subscriber: LoopTimed {
    unowned let hub: LoopHub
    unowned let link: any SubscriberLink
    let profile: SubscriberProfile
    /// Messages up to here were part of what the subscriber got at its start.
    let sequence: UInt64
    var subscriptions: [Subscription] = []
    /// Takes messages one by one, because it has several channels, waits for a single message, or catches up.
    private(set) var needsOrder: Bool
    /// Whether it may be sent messages that it has from an earlier connection; see ``ResumeTable``.
    var isCatchingUp = false
    /// Whether it is in the store and in the lists.
    var isActive = true
    /// Tick of the last write of its own, from which the ping interval counts; see ``lastWrite``.
    var lastActivity: Int
    /// Tick at which the connection ends; `.max` is never.
    let expiry: Int
    /// `keepalive_timeout` for the requests after this one, in milliseconds; 0 if the connection ends with it.
    let keepAliveTime: Int32
    /// Long polls only.
    let longPoll: LongPoll?
    /// Where the location logs or limits.
    var end: SubscriberEnd?
    /// Made when a WebSocket client sends something.
    var incoming: IncomingWebSocket?

    init(
        hub: LoopHub, link: any SubscriberLink, profile: SubscriberProfile, sequence: UInt64, needsOrder: Bool,
        keepAliveTime: Int, longPoll: LongPoll?
    ) {
        self.hub = hub
        self.link = link
        self.needsOrder = needsOrder
        self.profile = profile
        self.sequence = sequence
        self.keepAliveTime = Int32(clamping: keepAliveTime)
        self.longPoll = longPoll
        expiry = profile.expiry(from: hub.tick)
        lastActivity = hub.tick
    }

    /// Tick of the last write. What goes to all subscribers of a channel is noted once, in its list.
    private var lastWrite: Int {
        needsOrder ? lastActivity : max(lastActivity, subscriptions.first?.list.lastActivity ?? 0)
    }

    /// It has caught up: one that has a single channel takes messages with the others of that channel from now on.
    func catchUpEnded() {
        guard isActive, longPoll == nil, subscriptions.count == 1 else { return }
        needsOrder = false
        subscriptions[0].list.releaseFromOrder(at: Int(subscriptions[0].index), descriptor: link.directDescriptor)
    }

    // MARK: Time

    func setTimer() {
        // One that came while the engine ends has no place among those that end one after the other.
        if hub.isDraining { return hub.schedule(self, inMilliseconds: 0) }
        var deadline = expiry
        if longPoll == nil, let interval = profile.pingTicks { deadline = min(deadline, lastWrite + interval) }
        hub.schedule(self, atTick: deadline)
    }

    override func timerFired() {
        // A connection that could not get rid of its last bytes in time.
        guard isActive else { return link.drop() }
        if hub.isDraining { return end(.shutdown) }
        if hub.tick >= expiry { return end(.expired) }
        if longPoll == nil, let interval = profile.pingTicks, hub.tick >= lastWrite + interval {
            hub.metrics.pings.wrappingAdd(1, ordering: .relaxed)
            guard sendNow(profile.ping) else { return }
        }
        setTimer()
    }

    // MARK: Sending

    /// Sends something that is this subscriber's alone.
    ///
    /// - Returns: false if the subscriber is gone for it.
    @discardableResult
    func sendNow(_ buffer: ByteBuffer) -> Bool {
        lastActivity = hub.tick
        // A link that finds its connection broken ends, and nobody else may hold it.
        let link = link
        guard send(buffer) else { return false }
        link.flush()
        return isActive
    }

    /// Sends something that is not for all of a channel's list, and counts it.
    ///
    /// - Returns: false if the subscriber is gone for it.
    @discardableResult
    func send(_ buffer: ByteBuffer) -> Bool {
        guard link.send(buffer) else {
            disconnect(.slow)
            return false
        }
        end?.outcome.bytes += buffer.readableBytes
        hub.metrics.countSent(buffer.readableBytes)
        return isActive
    }

    // MARK: Ending

    /// Ends in the transport's manner.
    func end(_ reason: DisconnectReason, message: Message? = nil) {
        switch profile.key.mode {
        case .longPolling, .polling: endLongPoll(reason)
        case .streaming, .eventSource: endStream(reason, message: message)
        case .webSocket: endWebSocket(reason, message: message)
        }
    }

    /// Leaves the channels, writes the end of the response and goes on with the connection.
    func finish(_ reason: DisconnectReason, keepAliveTime: Int, _ write: (inout ByteBuffer) -> Void) {
        guard isActive else { return }
        var rest = ByteBuffer()
        write(&rest)
        end?.outcome.bytes += rest.readableBytes
        hub.metrics.countSent(rest.readableBytes)
        end?.outcome.isComplete = true
        hub.leave(self, reason: reason)
        link.finish(rest, keepAliveTime: hub.isDraining || !link.isListening ? 0 : keepAliveTime)
    }

    /// Drops the subscriber without a goodbye.
    func disconnect(_ reason: DisconnectReason) {
        guard isActive else { return }
        hub.leave(self, reason: reason)
        if reason == .slow { link.reset() } else { link.drop() }
    }

    /// A channel is gone. The connection ends with its last one.
    func channelDeleted(_ message: Message) {
        if longPoll != nil { return answer(with: message, reason: .channelDeleted) }
        if subscriptions.count > 1 {
            sendNow(ByteBuffer(bytes: profile.encode(message)))
        } else {
            end(.channelDeleted, message: message)
        }
    }
}

/// A place in a channel's list of subscribers.
struct Subscription {
    let list: SubscriberList
    var index: Int32
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
    /// `push_stream_timeout_with_body`
    let timesOutWithBody: Bool

    init(response: HTTPResponse, callback: String?, minorVersion: Int, server: String, timesOutWithBody: Bool) {
        self.response = response
        self.callback = callback
        self.minorVersion = minorVersion
        self.server = server
        self.timesOutWithBody = timesOutWithBody
    }
}
