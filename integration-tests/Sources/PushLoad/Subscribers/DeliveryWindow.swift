/// The messages in flight: how many subscribers still lack each, and when it was published.
final class DeliveryWindow {
    private let subscribers: Int32
    private let mask: Int
    private let missing: UnsafeMutablePointer<Int32>
    private let publishedAt: UnsafeMutablePointer<Int64>
    /// The next message to publish, and the oldest that somebody lacks. Each subscriber receives in order, so they complete in order.
    private(set) var next = 0
    private(set) var oldest = 0
    private(set) var deliveries = 0
    /// Nanoseconds from publish to the last subscriber, of each message that all have.
    private(set) var delays: [Int64] = []

    /// - Parameter size: how many messages may be in flight.
    init(size: Int, subscribers: Int) {
        self.subscribers = Int32(subscribers)
        var capacity = 1
        while capacity < size { capacity *= 2 }
        self.mask = capacity - 1
        self.missing = .allocate(capacity: capacity)
        self.missing.initialize(repeating: 0, count: capacity)
        self.publishedAt = .allocate(capacity: capacity)
        self.publishedAt.initialize(repeating: 0, count: capacity)
        self.delays.reserveCapacity(1 << 20)
    }

    deinit {
        self.missing.deallocate()
        self.publishedAt.deallocate()
    }

    /// How many subscribers lack the oldest message in flight.
    var missingOfOldest: Int { self.oldest < self.next ? Int(self.missing[self.oldest & self.mask]) : 0 }

    /// - Returns: the number of the message that is in flight from now on.
    func publish() -> Int {
        let message = self.next
        self.missing[message & self.mask] = self.subscribers
        self.publishedAt[message & self.mask] = Clock.now()
        self.next += 1
        return message
    }

    @inline(__always)
    func received(_ message: Int) {
        self.deliveries += 1
        let slot = message & self.mask
        self.missing[slot] -= 1
        if self.missing[slot] == 0 {
            self.delays.append(Clock.now() - self.publishedAt[slot])
            self.oldest = message + 1
        }
    }
}
