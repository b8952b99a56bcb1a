import NIOCore
import PushStreamCore

/// The subscribers of one channel on one event loop.
final class SubscriberList {
    struct Entry {
        let subscriber: Subscriber
        /// Which of the subscriber's subscriptions this is.
        let slot: Int32
        /// Index of the subscriber's profile on this loop.
        let profile: Int32
        /// Where messages are written directly; -1 if they go through the subscriber's link. Here, so that a message for many
        /// subscribers walks through one array and not through all their objects.
        var descriptor: Int32
    }

    let channel: ChannelToken
    let name: ChannelName
    private(set) var entries: ContiguousArray<Entry> = []
    /// Subscribers that also have other channels, wait for a single message or catch up: they need the order of the whole tick.
    private(set) var orderedCount = 0
    /// Of those who do not.
    private var profiles = ProfileCounts()
    /// Nobody joined after this place in the order of all publishes.
    private(set) var lastJoin: UInt64 = 0
    /// Bytes that went to all subscribers of a profile, by its index; counted while some subscriber needs it.
    private var sentBytes: [Int32: Int]?
    /// Tick of the last message to the subscribers of this channel alone.
    var lastActivity = 0

    init(channel: ChannelToken, name: ChannelName) {
        self.channel = channel
        self.name = name
    }

    func append(_ subscriber: Subscriber) {
        subscriber.subscriptions.append(Subscription(list: self, index: Int32(entries.count)))
        entries.append(
            Entry(
                subscriber: subscriber, slot: Int32(subscriber.subscriptions.count - 1),
                profile: Int32(subscriber.profile.index),
                descriptor: subscriber.needsOrder ? -1 : subscriber.link.directDescriptor))
        lastJoin = max(lastJoin, subscriber.sequence)
        if subscriber.needsOrder {
            orderedCount += 1
        } else {
            profiles.add(subscriber.profile.index)
            beginCounting(for: subscriber)
        }
    }

    /// Whether anybody with this profile takes messages in the common way.
    func has(_ profile: SubscriberProfile) -> Bool { profiles.contains(profile.index) }

    private func beginCounting(for subscriber: Subscriber) {
        guard let end = subscriber.end, end.isLogged else { return }
        if sentBytes == nil { sentBytes = [:] }
        end.listBytes = sentBytes(to: subscriber.profile)
    }

    func sentBytes(to profile: SubscriberProfile) -> Int { sentBytes?[Int32(profile.index)] ?? 0 }

    func countSent(_ bytes: Int, to profile: SubscriberProfile) {
        if sentBytes != nil { sentBytes?[Int32(profile.index), default: 0] += bytes }
    }

    /// Takes out an entry; the last one moves into its place.
    func remove(at index: Int) {
        if entries[index].subscriber.needsOrder {
            orderedCount -= 1
        } else {
            profiles.remove(Int(entries[index].profile))
        }
        let last = entries.removeLast()
        if index < entries.count {
            entries[index] = last
            last.subscriber.subscriptions[Int(last.slot)].index = Int32(index)
        }
    }

    /// The entry's subscriber needs the order no more.
    func releaseFromOrder(at index: Int, descriptor: Int32) {
        orderedCount -= 1
        profiles.add(Int(entries[index].profile))
        entries[index].descriptor = descriptor
        beginCounting(for: entries[index].subscriber)
    }

    func setDescriptor(_ descriptor: Int32, at index: Int) {
        entries[index].descriptor = descriptor
    }

    /// A write of one message batch that did not take all bytes.
    struct Shortfall {
        let subscriber: Subscriber
        /// Bytes that were taken; nil if the connection is broken.
        let taken: Int?
    }

    /// Writes the same bytes to every direct subscriber of one profile, one system call each.
    ///
    /// - Parameters:
    ///   - others: gets those who take messages in the common way, but through their link.
    /// - Returns: to how many sockets was written, and those of them that did not take everything.
    func write(
        _ bytes: UnsafeRawBufferPointer, profile: Int32, others: inout [Subscriber]
    ) -> (sent: Int, shortfalls: [Shortfall]) {
        var shortfalls: [Shortfall] = []
        var sent = 0
        entries.withUnsafeBufferPointer { entries in
            for index in entries.indices where entries[index].profile == profile {
                let descriptor = entries[index].descriptor
                if descriptor < 0 {
                    if !entries[index].subscriber.needsOrder { others.append(entries[index].subscriber) }
                    continue
                }
                sent += 1
                switch SocketCalls.send(descriptor, bytes) {
                case .sent(bytes.count): continue
                case .sent(let taken): shortfalls.append(Shortfall(subscriber: entries[index].subscriber, taken: taken))
                case .broken: shortfalls.append(Shortfall(subscriber: entries[index].subscriber, taken: nil))
                }
            }
        }
        return (sent, shortfalls)
    }
}

/// How many subscribers of a list have which profile. Nearly always all have the same, so that one takes no memory of its own.
private struct ProfileCounts {
    private var profile: Int32 = -1
    private var count: Int32 = 0
    private var others: [Int32: Int32] = [:]

    func contains(_ index: Int) -> Bool {
        count > 0 && profile == index || others[Int32(index)] != nil
    }

    mutating func add(_ index: Int) {
        let index = Int32(index)
        if let known = others[index] {
            others[index] = known + 1
        } else if count == 0 || profile == index {
            (profile, count) = (index, count + 1)
        } else {
            others[index] = 1
        }
    }

    mutating func remove(_ index: Int) {
        let index = Int32(index)
        if let known = others[index] {
            others[index] = known > 1 ? known - 1 : nil
        } else {
            count -= 1
        }
    }
}
