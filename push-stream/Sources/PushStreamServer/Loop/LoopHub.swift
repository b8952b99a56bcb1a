import NIOCore
import PushStreamCore
import Synchronization

/// Owns the connections and subscribers of one event loop. Touched by that loop alone.
///
/// A publish reaches the loop once, through its mailbox; whatever one tick brings to a subscriber leaves in one flush.
final class LoopHub {
    /// Resolution of all timers, in milliseconds.
    static let tickLength = 100
    /// Channels that one tick's sweep looks at.
    private static let sweepBatch = 500

    let eventLoop: any EventLoop
    let index: Int
    let context: EngineContext
    let metrics: LoopMetrics
    let mailbox: ChannelStore.Mailbox
    private var lists: [ChannelToken: SubscriberList] = [:]
    private var profiles: [SubscriberProfile.Key: SubscriberProfile] = [:]
    private(set) var connections: [ConnectionHandler] = []
    private var wheel: TimerWheel<ConnectionHandler>
    private var timer: Scheduled<Void>?
    /// Milliseconds since 1970; read once per use of the loop, not per subscriber.
    private(set) var now: Int
    private var dateSecond = 0
    private var date = ""
    /// Connections with writes of this tick that wait for the flush.
    private var unflushed: [ConnectionHandler] = []
    /// Set while the engine stops; see ``drain(over:)``.
    var drained: EventLoopPromise<Void>?
    var drainDeadline: Scheduled<Void>?

    init(eventLoop: any EventLoop, index: Int, context: EngineContext, mailbox: ChannelStore.Mailbox) {
        self.eventLoop = eventLoop
        self.index = index
        self.context = context
        self.mailbox = mailbox
        metrics = context.loops[index]
        now = ProcessIdentity.now()
        wheel = TimerWheel(startingAt: now / Self.tickLength)
        metrics.threadID.store(ProcessIdentity.threadID(), ordering: .relaxed)
    }

    // MARK: Time

    var tick: Int { now / Self.tickLength }

    @discardableResult
    func updateTime() -> Int {
        now = ProcessIdentity.now()
        return now
    }

    /// Value of `Date`, made once per second.
    var httpDate: String {
        if dateSecond != now / 1000 {
            dateSecond = now / 1000
            date = HTTPDate.format(dateSecond)
        }
        return date
    }

    func startTimer() {
        // A task that is due in the tick in which it is cancelled runs all the same, and this object may be gone by then.
        timer = eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(Self.tickLength))) { [weak self] in
            guard let self, self.timer != nil else { return }
            self.fireTimers()
            if self.timer != nil { self.startTimer() }
        }
    }

    func stopTimer() {
        timer?.cancel()
        timer = nil
    }

    private func fireTimers() {
        updateTime()
        for connection in wheel.advance(to: tick) { connection.timerFired() }
        // One loop does the store's housekeeping.
        if index == 0 { try? context.store.withTable { $0.sweep(now: now, limit: Self.sweepBatch) } }
    }

    /// Sets a connection's only timer. A deadline in the past fires with the next tick.
    func schedule(_ connection: ConnectionHandler, atTick deadline: Int) {
        if deadline == .max { wheel.cancel(connection) } else { wheel.schedule(connection, at: deadline) }
    }

    func schedule(_ connection: ConnectionHandler, inMilliseconds delay: Int) {
        let ticks = (delay + Self.tickLength - 1) / Self.tickLength
        schedule(connection, atTick: tick.addingReportingOverflow(max(1, ticks)).partialValue)
    }

    // MARK: Connections

    var connectionLimit: Int { context.configuration.process.connectionsPerLoop }

    func add(_ connection: ConnectionHandler) {
        connection.connectionIndex = connections.count
        connections.append(connection)
        metrics.connections.store(connections.count, ordering: .relaxed)
    }

    func remove(_ connection: ConnectionHandler) {
        wheel.cancel(connection)
        let index = connection.connectionIndex
        guard connections.indices.contains(index), connections[index] === connection else { return }
        let last = connections.removeLast()
        if last !== connection {
            connections[index] = last
            last.connectionIndex = index
        }
        metrics.connections.store(connections.count, ordering: .relaxed)
        if connections.isEmpty { finishDrain() }
    }

    // MARK: Subscribers

    func profile(_ key: SubscriberProfile.Key) -> SubscriberProfile {
        if let known = profiles[key] { return known }
        // Keys come from the configuration alone, so their number is bounded.
        let profile = SubscriberProfile(key, index: profiles.count, pingText: context.store.settings.pingText)
        profiles[key] = profile
        return profile
    }

    func enter(_ subscriber: Subscriber, channels: [(ChannelToken, ChannelName)]) {
        for (token, name) in channels {
            let list = lists[token] ?? SubscriberList(channel: token, name: name)
            lists[token] = list
            list.append(subscriber)
        }
        metrics.countSubscriber(subscriber.profile.key.mode, by: 1)
    }

    /// Takes a subscriber out of every list, and out of the store's counts.
    func leave(_ subscriber: Subscriber, reason: DisconnectReason) {
        let tokens = subscriber.subscriptions.map(\.list.channel)
        for subscription in subscriber.subscriptions { drop(subscription, of: subscriber) }
        subscriber.subscriptions = []
        metrics.countSubscriber(subscriber.profile.key.mode, by: -1)
        metrics.countDisconnect(reason)
        try? context.store.withTable { $0.unsubscribe(tokens, loop: index, now: now) }
    }

    private func drop(_ subscription: Subscription, of subscriber: Subscriber) {
        let list = subscription.list
        list.remove(at: Int(subscription.index))
        if list.entries.isEmpty { lists[list.channel] = nil }
    }

    // MARK: Deliveries

    /// Hands out what came since the last time.
    func deliver() {
        let deliveries = mailbox.drain()
        if deliveries.isEmpty { return }
        updateTime()
        var batches: [DeliveryBatch] = []
        var batchOf: [ChannelToken: Int] = [:]
        var deletions: [Delivery] = []
        for delivery in deliveries {
            if delivery.kind == .channelDeleted {
                deletions.append(delivery)
            } else if let batch = batchOf[delivery.channel] {
                batches[batch].messages.append(delivery.message)
            } else if let list = lists[delivery.channel] {
                batchOf[delivery.channel] = batches.count
                batches.append(DeliveryBatch(list: list, messages: [delivery.message]))
            }
        }
        var needsOrder = false
        for batch in batches {
            sendToOneChannelSubscribers(batch)
            if batch.list.orderedCount > 0 { needsOrder = true }
        }
        if needsOrder { sendInOrder(deliveries) }
        for deletion in deletions { endSubscriptions(deletion) }
        flush()
    }

    /// Subscribers of this channel alone get all its messages of the tick as one buffer.
    private func sendToOneChannelSubscribers(_ batch: DeliveryBatch) {
        guard batch.list.orderedCount < batch.list.entries.count else { return }
        var cache = [ByteBuffer?](repeating: nil, count: profiles.count)
        var sent = 0
        var ended: [Subscriber] = []
        for (subscriber, _) in batch.list.entries where !subscriber.needsOrder {
            let buffer: ByteBuffer
            if subscriber.sequence >= batch.messages[0].sequence {
                // Came in the middle of the tick: some of the messages were in its snapshot.
                let rest = batch.messages.drop { $0.sequence <= subscriber.sequence }
                if rest.isEmpty { continue }
                buffer = ByteBuffer(bytes: rest.flatMap { subscriber.profile.encode($0) })
            } else if let known = cache[subscriber.profile.index] {
                buffer = known
            } else {
                buffer = batch.encode(subscriber.profile)
                cache[subscriber.profile.index] = buffer
            }
            sent += batch.messages.count
            subscriber.lastActivity = tick
            if !subscriber.connection.sendToSubscriber(buffer) { ended.append(subscriber) }
        }
        metrics.deliveries.wrappingAdd(sent, ordering: .relaxed)
        for subscriber in ended { subscriber.connection.disconnectSubscriber(.slow) }
    }

    /// Subscribers of several channels get the messages one by one, in the order of the publishes; long polls take the first.
    private func sendInOrder(_ deliveries: [Delivery]) {
        var sent = 0
        for delivery in deliveries where delivery.kind == .message {
            guard let list = lists[delivery.channel], list.orderedCount > 0 else { continue }
            var cache = [ByteBuffer?](repeating: nil, count: profiles.count)
            var answered: [Subscriber] = []
            var ended: [Subscriber] = []
            for (subscriber, _) in list.entries where subscriber.needsOrder && subscriber.sequence < delivery.message.sequence {
                if subscriber.longPoll != nil {
                    answered.append(subscriber)
                    continue
                }
                let buffer = cache[subscriber.profile.index] ?? ByteBuffer(bytes: subscriber.profile.encode(delivery.message))
                cache[subscriber.profile.index] = buffer
                sent += 1
                subscriber.lastActivity = tick
                if !subscriber.connection.sendToSubscriber(buffer) { ended.append(subscriber) }
            }
            sent += answered.count
            for subscriber in answered { subscriber.connection.answerLongPoll(subscriber, with: delivery.message) }
            for subscriber in ended { subscriber.connection.disconnectSubscriber(.slow) }
        }
        metrics.deliveries.wrappingAdd(sent, ordering: .relaxed)
    }

    private func endSubscriptions(_ deletion: Delivery) {
        guard let list = lists[deletion.channel] else { return }
        for (subscriber, _) in list.entries {
            subscriber.connection.channelDeleted(subscriber, message: deletion.message)
            // Other channels go on: only this subscription ends.
            guard !subscriber.subscriptions.isEmpty, subscriber.connection.subscriber === subscriber else { continue }
            removeSubscription(of: subscriber, to: list)
        }
    }

    private func removeSubscription(of subscriber: Subscriber, to list: SubscriberList) {
        guard let slot = subscriber.subscriptions.firstIndex(where: { $0.list === list }) else { return }
        // The slots of the others must stay, so this subscriber is entered anew with what is left.
        let rest = subscriber.subscriptions.enumerated().filter { $0.offset != slot }.map(\.element.list)
        for subscription in subscriber.subscriptions { drop(subscription, of: subscriber) }
        subscriber.subscriptions = []
        for other in rest {
            lists[other.channel] = other
            other.append(subscriber)
        }
        try? context.store.withTable { $0.leave([list.channel], loop: index, now: now) }
    }

    // MARK: Flushing

    func needsFlush(_ connection: ConnectionHandler) {
        unflushed.append(connection)
    }

    private func flush() {
        let connections = unflushed
        unflushed.removeAll(keepingCapacity: true)
        for connection in connections { connection.flush() }
    }
}

/// The messages of one channel in one tick.
private struct DeliveryBatch {
    let list: SubscriberList
    var messages: [Message]

    func encode(_ profile: SubscriberProfile) -> ByteBuffer {
        if messages.count == 1 { return ByteBuffer(bytes: profile.encode(messages[0])) }
        var bytes: [UInt8] = []
        for message in messages { bytes += profile.encode(message) }
        return ByteBuffer(bytes: bytes)
    }
}
