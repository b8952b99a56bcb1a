/// N subscribers of one channel, one publisher, and the loop that drives both.
final class FanoutRun {
    private let target: Target
    private let windowSize: Int
    private let size: Int
    private let poller: Poller
    private let pool: SubscriberPool
    private let publisher: Publisher
    private let window: DeliveryWindow
    private let silent: SilentSubscribers

    /// - Parameter others: subscribers that ``openSilent()`` will bring.
    init(target: Target, subscribers: Int, window: Int, size: Int, others: Int = 0) throws {
        try Descriptors.reserve(subscribers + others + 1)
        self.target = target
        self.windowSize = window
        self.size = size
        self.poller = try Poller()
        self.pool = SubscriberPool(count: subscribers, endpoint: target.subscribers, request: target.request, poller: self.poller)
        self.window = DeliveryWindow(size: window, subscribers: subscribers)
        self.publisher = try Publisher(
            endpoint: target.publishers,
            request: PublishRequest(path: target.publishPath, host: target.publishers.text, size: size), poller: self.poller,
            number: subscribers)
        self.silent = SilentSubscribers(count: others, target: target, poller: self.poller, firstNumber: subscribers + 1)
    }

    /// Subscribes all.
    func open() throws {
        try self.pool.open(timeout: self.target.timeout, progress: self.target.progress) { try self.publisher.handle($0) }
        // A server of several processes tells the others of a subscription after it has answered.
        try self.turn(until: Clock.now() + 200_000_000)
    }

    /// Subscribes those that do not read.
    func openSilent() throws {
        var next = 0
        var progress = Clock.now()
        while self.silent.subscribed < self.silent.count {
            while next < self.silent.count, next - self.silent.subscribed < SubscriberPool.concurrency {
                try self.silent.connect(next)
                next += 1
            }
            let before = self.silent.subscribed
            try self.turn(atMost: 100_000_000)
            let now = Clock.now()
            if self.silent.subscribed > before { progress = now }
            self.target.progress.tell(now, "\(self.silent.subscribed) of \(self.silent.count) slow subscribers are there")
            guard now - progress <= self.target.timeout else {
                throw LoadFailure(
                    "\(self.silent.subscribed) of \(self.silent.count) slow subscribers are there, and no more came")
            }
        }
        try self.turn(until: Clock.now() + 200_000_000)
    }

    /// Subscribers that do not read and that the server has closed.
    var closedSilent: Int { self.silent.closed }

    /// Keeps the window full until the end, then waits for all that is in flight.
    func measure(until end: LoadEnd) throws -> FanoutResult {
        let begin = Clock.now()
        var lastMessage = SequenceMark.limit
        if case .messages(let count) = end { lastMessage = self.window.next + count }
        if case .time(_, let warmUp) = end { try self.load(lastMessage: lastMessage) { $0 - begin >= warmUp } }
        let span = try UsageSpan(server: self.target.server)
        let start = Clock.now()
        let before = (deliveries: self.window.deliveries, completed: self.window.delays.count)
        try self.load(lastMessage: lastMessage) { now in
            if case .time(let length, _) = end { return now - start >= length }
            return self.window.oldest == lastMessage
        }
        let deliveries = self.window.deliveries - before.deliveries
        let delays = Array(self.window.delays[before.completed...])
        let usage = try span.end(operations: deliveries)
        try self.drain()
        return FanoutResult(
            transport: self.target.request.transport, subscribers: self.pool.count, window: self.windowSize, size: self.size,
            seconds: usage.seconds, deliveries: deliveries, deliveriesPerSecond: Double(deliveries) / usage.seconds,
            publishes: delays.count, publishesPerSecond: Double(delays.count) / usage.seconds,
            lastSubscriberMilliseconds: Latency(delays), client: usage.client, server: usage.server)
    }

    /// Publishes whenever there is room in the window, until `isOver` says so of the time.
    private func load(lastMessage: Int, _ isOver: (Int64) -> Bool) throws {
        var progress = Clock.now()
        var now = progress
        while !isOver(now) {
            while self.window.next < lastMessage, self.window.next - self.window.oldest < self.windowSize {
                self.publisher.publish(self.window.publish())
            }
            try self.publisher.flush()
            let before = self.window.deliveries
            try self.turn(atMost: 50_000_000)
            now = Clock.now()
            if self.window.deliveries > before { progress = now }
            try self.check(progress: progress, now: now)
            self.target.progress.tell(now, "\(Report.count(Double(self.window.deliveries))) deliveries")
        }
    }

    /// Waits until everything that was published is delivered and answered, and a moment more for what would come twice.
    private func drain() throws {
        var progress = Clock.now()
        var now = progress
        while self.window.oldest < self.window.next || self.publisher.unanswered > 0 {
            if try self.turn(atMost: 50_000_000) { progress = Clock.now() }
            now = Clock.now()
            try self.check(progress: progress, now: now)
        }
        try self.turn(until: Clock.now() + 50_000_000)
    }

    private func check(progress: Int64, now: Int64) throws {
        guard now - progress > self.target.timeout else { return }
        throw LoadFailure(
            "nothing was received for \(self.target.timeout / 1_000_000_000) s: message \(self.window.oldest) lacks"
                + " \(self.window.missingOfOldest) of \(self.pool.count) subscribers")
    }

    private func turn(until end: Int64) throws {
        while true {
            let rest = end - Clock.now()
            if rest <= 0 { return }
            try self.turn(atMost: rest)
        }
    }

    @discardableResult
    private func turn(atMost limit: Int64) throws -> Bool {
        let pool = self.pool
        let window = self.window
        return try self.poller.wait(atMost: limit) { number, ready in
            if number < pool.count {
                try pool.receive(number) { window.received($0) }
            } else if number == pool.count {
                try self.publisher.handle(ready)
            } else {
                try self.silent.handle(number, ready)
            }
        }
    }
}

/// What a fan-out did.
struct FanoutResult: Reportable {
    let transport: Transport
    let subscribers: Int
    let window: Int
    let size: Int
    let seconds: Double
    let deliveries: Int
    let deliveriesPerSecond: Double
    let publishes: Int
    let publishesPerSecond: Double
    let lastSubscriberMilliseconds: Latency?
    let client: ClientUsage
    let server: ServerUsage?

    var rows: [(String, String)] {
        [
            ("subscribers", "\(Report.count(Double(self.subscribers))) over \(self.transport.rawValue)"),
            ("in flight", "\(self.window) messages with \(self.size) bytes of text"),
            ("measured", "\(Report.fixed(self.seconds)) s, every delivery verified"),
            (
                "deliveries",
                "\(Report.count(self.deliveriesPerSecond)) per second, \(Report.count(Double(self.deliveries))) in all"
            ),
            ("publishes", "\(Report.count(self.publishesPerSecond)) per second, \(Report.count(Double(self.publishes))) in all"),
        ] + Report.latency("to the last one", self.lastSubscriberMilliseconds)
            + Report.usage(self.client, self.server, operation: "delivery")
    }
}
