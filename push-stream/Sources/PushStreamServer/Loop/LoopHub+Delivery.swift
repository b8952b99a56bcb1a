import NIOCore
import PushStreamCore
import Synchronization

/// Hands messages to the subscribers of one event loop.
extension LoopHub {
    /// Hands out what came since the last time.
    func deliver() {
        var deliveries: [Delivery] = []
        swap(&deliveries, &incoming)
        mailbox.drain(into: &deliveries)
        defer {
            // The memory of a rush is not kept.
            if deliveries.count <= Self.keptDeliveries {
                deliveries.removeAll(keepingCapacity: true)
                incoming = deliveries
            }
        }
        if deliveries.isEmpty { return }
        updateTime()
        // Most ticks bring one message.
        if deliveries.count == 1, deliveries[0].kind == .message {
            guard let list = lists[deliveries[0].channel] else { return }
            sendToOneChannelSubscribers(DeliveryBatch(list: list, messages: [deliveries[0].message]))
            return flush(list.orderedCount > 0 ? sendInOrder(deliveries) : [])
        }
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
        let caughtUp = needsOrder ? sendInOrder(deliveries) : []
        for deletion in deletions { endSubscriptions(deletion) }
        flush(caughtUp)
    }

    /// Hands out what came, if that takes a moment only, before the publisher's answer leaves: each write may wake another process,
    /// which then competes for the processor with whoever waits for the message. With many subscribers the publisher does not wait.
    func deliverAhead() {
        guard mailbox.hasDeliveries else { return }
        var writes = 0
        let isQuick = mailbox.allSatisfy { delivery in
            writes += lists[delivery.channel]?.entries.count ?? 0
            return writes <= Self.writesAhead
        }
        if isQuick { deliver() }
    }

    /// Ends the tick. Who has caught up goes over to the common way after it: what it has of this tick was gathered.
    private func flush(_ caughtUp: [Subscriber]) {
        flush()
        for subscriber in caughtUp { subscriber.catchUpEnded() }
    }

    /// Subscribers of this channel alone get all its messages of the tick as one buffer, in one system call each.
    private func sendToOneChannelSubscribers(_ batch: DeliveryBatch) {
        let list = batch.list
        guard list.orderedCount < list.entries.count else { return }
        list.lastActivity = tick
        var sent = 0
        // One that came in the middle of the tick had some of the messages in its snapshot: then each is looked at.
        if list.lastJoin < batch.messages[0].sequence {
            for profile in profiles.all where list.has(profile) {
                sent += write(batch, profile) * batch.messages.count
            }
        } else {
            for subscriber in list.entries.map(\.subscriber) where !subscriber.needsOrder && subscriber.isActive {
                let rest = batch.messages.filter { $0.sequence > subscriber.sequence }
                if rest.isEmpty { continue }
                sent += rest.count
                let buffer = ByteBuffer(bytes: DeliveryBatch(list: list, messages: rest).encode(subscriber.profile))
                subscriber.send(buffer)
            }
        }
        metrics.deliveries.wrappingAdd(sent, ordering: .relaxed)
    }

    /// Writes a batch to the subscribers of one profile.
    ///
    /// - Returns: how many they are.
    private func write(_ batch: DeliveryBatch, _ profile: SubscriberProfile) -> Int {
        let bytes = batch.encode(profile)
        // Subscribers and not their places: whoever turns out to be gone moves another into its place.
        var others: [Subscriber] = []
        let written = bytes.withUnsafeBytes { bytes in
            batch.list.write(bytes, profile: Int32(profile.index), others: &others)
        }
        batch.list.countSent(bytes.count, to: profile)
        var sent = written.sent
        defer { metrics.countSent(sent * bytes.count) }
        if written.shortfalls.isEmpty, others.isEmpty { return sent }
        let buffer = ByteBuffer(bytes: bytes)
        for shortfall in written.shortfalls where shortfall.subscriber.isActive {
            guard let socket = shortfall.subscriber.link as? SubscriberSocket else { continue }
            if let taken = shortfall.taken {
                socket.keep(buffer, after: taken)
            } else {
                shortfall.subscriber.end?.outcome.bytes -= bytes.count
                socket.lost()
            }
        }
        for subscriber in others where subscriber.isActive {
            sent += 1
            guard !subscriber.link.send(buffer) else { continue }
            subscriber.end?.outcome.bytes -= bytes.count
            subscriber.disconnect(.slow)
        }
        return sent
    }

    /// Subscribers of several channels get the messages one by one, in the order of the publishes; long polls take the first. Those that
    /// catch up are spared what they have.
    ///
    /// - Returns: those that have caught up.
    private func sendInOrder(_ deliveries: [Delivery]) -> [Subscriber] {
        var sent = 0
        var caughtUp: [Subscriber] = []
        for delivery in deliveries where delivery.kind == .message {
            guard let list = lists[delivery.channel], list.orderedCount > 0 else { continue }
            var cache = [ByteBuffer?](repeating: nil, count: profiles.indexLimit)
            let subscribers = list.entries.map(\.subscriber)
            let event = resumes.isEmpty ? nil : delivery.message.streamEventID
            for subscriber in subscribers
            where subscriber.needsOrder && subscriber.isActive && subscriber.sequence < delivery.message.sequence {
                if subscriber.isCatchingUp, let event {
                    if resumes.skips(event, for: subscriber) { continue }
                    caughtUp.append(subscriber)
                }
                sent += 1
                if subscriber.longPoll != nil {
                    subscriber.answer(with: delivery.message)
                    continue
                }
                let buffer = cache[subscriber.profile.index] ?? ByteBuffer(bytes: subscriber.profile.encode(delivery.message))
                cache[subscriber.profile.index] = buffer
                subscriber.lastActivity = tick
                subscriber.send(buffer)
            }
        }
        metrics.deliveries.wrappingAdd(sent, ordering: .relaxed)
        return caughtUp
    }

    private func endSubscriptions(_ deletion: Delivery) {
        guard let list = lists[deletion.channel] else { return }
        for subscriber in list.entries.map(\.subscriber) where subscriber.isActive {
            subscriber.channelDeleted(deletion.message)
            // Other channels go on: only this subscription ends.
            guard subscriber.isActive else { continue }
            removeSubscription(of: subscriber, to: list)
        }
    }

    private func removeSubscription(of subscriber: Subscriber, to list: SubscriberList) {
        guard let slot = subscriber.subscriptions.firstIndex(where: { $0.list === list }) else { return }
        // The slots of the others must stay, so this subscriber is entered anew with what is left.
        let rest = subscriber.subscriptions.enumerated().filter { $0.offset != slot }.map(\.element.list)
        for subscription in subscriber.subscriptions { drop(subscription) }
        subscriber.subscriptions = []
        for other in rest {
            restore(other)
            other.append(subscriber)
        }
        try? context.store.withTable { $0.leave([list.channel], loop: index, now: now) }
    }
}

/// The messages of one channel in one tick.
private struct DeliveryBatch {
    let list: SubscriberList
    var messages: [Message]

    func encode(_ profile: SubscriberProfile) -> [UInt8] {
        if messages.count == 1 { return profile.encode(messages[0]) }
        var bytes: [UInt8] = []
        for message in messages { bytes += profile.encode(message) }
        return bytes
    }
}
