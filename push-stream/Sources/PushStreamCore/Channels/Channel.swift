import DequeModule

/// One channel in the store: its history and counters. Lives inside the store's lock.
final class Channel {
    let name: ChannelName
    let token: ChannelToken
    /// Place in the table's list.
    var index: Int
    var isWildcard: Bool
    var isForEvents: Bool
    /// Stored messages, oldest first.
    private(set) var history: Deque<Message> = []
    /// Id of the last message, which is also how many were published.
    var lastID = 0
    var lastTime = 0
    var lastTag = 0
    /// Subscriptions per event loop.
    private(set) var subscribersPerLoop: [Int32]
    private(set) var subscribers = 0
    /// Milliseconds since 1970 after which an empty channel without subscribers goes.
    var inactiveAfter: Int
    var isDeleted = false
    var messagesAtDeletion = 0

    init(
        name: ChannelName, token: ChannelToken, index: Int, isWildcard: Bool, isForEvents: Bool, loops: Int, inactiveAfter: Int
    ) {
        self.name = name
        self.token = token
        self.index = index
        self.isWildcard = isWildcard
        self.isForEvents = isForEvents
        self.inactiveAfter = inactiveAfter
        subscribersPerLoop = Array(repeating: 0, count: loops)
    }

    /// What the channel itself is charged against the memory limit.
    var cost: Int { Self.cost(of: name) }

    static func cost(of name: ChannelName) -> Int { 384 + name.bytes.count }

    func append(_ message: Message) {
        history.append(message)
    }

    func removeOldest() -> Message? {
        history.popFirst()
    }

    func removeHistory() -> Deque<Message> {
        defer { history = [] }
        return history
    }

    func addSubscriber(onLoop loop: Int) {
        subscribersPerLoop[loop] += 1
        subscribers += 1
    }

    func removeSubscriber(onLoop loop: Int) {
        guard subscribersPerLoop[loop] > 0 else { return }
        subscribersPerLoop[loop] -= 1
        subscribers -= 1
    }

    var statistics: ChannelStatistics {
        ChannelStatistics(name: name, publishedMessages: lastID, storedMessages: history.count, subscribers: subscribers)
    }
}

/// Counts what was dropped less than ten seconds ago. The Nginx module keeps such objects in its trash that long before it frees
/// them; we free them at once and keep the count, which dashboards show.
struct TrashCounter {
    static let lifetime = 10_000

    private var buckets: Deque<(expiry: Int, count: Int)> = []
    private var total = 0

    mutating func add(_ count: Int, now: Int) {
        guard count > 0 else { return }
        total += count
        // One bucket per second keeps the counter small at any rate.
        let expiry = (now / 1000 + 1) * 1000 + Self.lifetime
        if let last = buckets.last, last.expiry >= expiry {
            buckets[buckets.count - 1].count += count
        } else {
            buckets.append((expiry, count))
        }
    }

    mutating func count(now: Int) -> Int {
        while let first = buckets.first, first.expiry <= now {
            total -= first.count
            buckets.removeFirst()
        }
        return total
    }
}
