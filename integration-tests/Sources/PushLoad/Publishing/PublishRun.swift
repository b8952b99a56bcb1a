/// Publishers of one channel on connections of their own, each with requests in flight, and a subscriber that checks what arrives.
final class PublishRun {
    private let target: Target
    private let pipeline: Int
    private let size: Int
    /// Messages of one request.
    private let batch: Int
    private let poller: Poller
    private let pool: SubscriberPool
    private let publishers: [Publisher]
    /// By connection: messages sent, and how many of them the subscriber has received.
    private var sent: [Int]
    private var received: [Int]
    /// Requests sent, and how many of them were answered.
    private var published = 0
    private var answered = 0
    private var deliveries = 0
    /// Messages that may be on their way to the subscriber: what lies between may answer before it delivers.
    private static let maximumUndelivered = 20_000
    /// When the requests in flight were made, `pipeline` places for each connection.
    private var sentAt: [Int64]
    /// Nanoseconds from a publish to its answer.
    private var delays: [Int64] = []

    /// - Parameters:
    ///   - pipeline: requests in flight on each connection.
    ///   - request: what all connections send, its messages with `size` bytes of text.
    ///   - subscribers: 0 or 1.
    init(target: Target, connections: Int, pipeline: Int, request: PublishRequest, size: Int, subscribers: Int) throws {
        try Descriptors.reserve(connections + subscribers)
        let poller = try Poller()
        self.target = target
        self.pipeline = pipeline
        self.size = size
        self.batch = request.messageCount
        self.poller = poller
        self.pool = SubscriberPool(count: subscribers, endpoint: target.subscribers, request: target.request, poller: poller)
        self.publishers = try (0..<connections).map {
            try Publisher(endpoint: target.publishers, request: request, poller: poller, number: subscribers + $0)
        }
        self.sent = [Int](repeating: 0, count: connections)
        self.received = self.sent
        self.sentAt = [Int64](repeating: 0, count: connections * pipeline)
        self.delays.reserveCapacity(1 << 20)
    }

    func measure(until end: LoadEnd) throws -> PublishResult {
        // Publishers may become ready meanwhile, and say so again.
        try self.pool.open(timeout: self.target.timeout, progress: self.target.progress) { _ in }
        let begin = Clock.now()
        var last = SequenceMark.limit
        if case .messages(let count) = end { last = count / self.batch }
        if case .time(_, let warmUp) = end { try self.load(last: last) { $0 - begin >= warmUp } }
        let span = try UsageSpan(server: self.target.server)
        let start = Clock.now()
        let before = (answered: self.answered, deliveries: self.deliveries, delays: self.delays.count)
        try self.load(last: last) { now in
            if case .time(let length, _) = end { return now - start >= length || self.published == last }
            return self.answered == last
        }
        let publishes = self.answered - before.answered
        let deliveries = self.deliveries - before.deliveries
        let delays = Array(self.delays[before.delays...])
        let usage = try span.end(operations: publishes)
        try self.drain()
        return PublishResult(
            transport: self.target.request.transport, connections: self.publishers.count, pipeline: self.pipeline,
            size: self.size, subscribers: self.pool.count, seconds: usage.seconds, publishes: publishes,
            publishesPerSecond: Double(publishes) / usage.seconds, messagesPerRequest: self.batch,
            messagesPerSecond: Double(publishes * self.batch) / usage.seconds, deliveries: deliveries,
            deliveriesPerSecond: Double(deliveries) / usage.seconds, answerMilliseconds: Latency(delays),
            client: usage.client, server: usage.server)
    }

    /// Keeps every connection's pipeline full until `isOver` says so of the time.
    private func load(last: Int, _ isOver: (Int64) -> Bool) throws {
        var progress = Clock.now()
        var now = progress
        while !isOver(now) {
            for connection in self.publishers.indices { try self.fill(connection, last: last, now) }
            let before = (self.answered, self.deliveries)
            try self.turn(atMost: 50_000_000)
            now = Clock.now()
            if (self.answered, self.deliveries) != before { progress = now }
            try self.check(progress: progress, now: now)
            self.target.progress.tell(now, "\(Report.count(Double(self.answered))) publishes answered")
        }
    }

    private func fill(_ connection: Int, last: Int, _ now: Int64) throws {
        let publisher = self.publishers[connection]
        while publisher.unanswered < self.pipeline, self.published < last, self.hasRoom {
            // The number tells whose message it is and which of its messages.
            let first = self.sent[connection]
            guard (first + self.batch) * self.publishers.count < SequenceMark.limit else { break }
            publisher.publish(first * self.publishers.count + connection, stride: self.publishers.count)
            self.sentAt[connection * self.pipeline + first / self.batch % self.pipeline] = now
            self.sent[connection] += self.batch
            self.published += 1
        }
        try publisher.flush()
    }

    private var hasRoom: Bool {
        self.pool.count == 0 || self.published * self.batch - self.deliveries < Self.maximumUndelivered
    }

    /// Waits until everything is answered and received, and a moment more for what would come twice.
    private func drain() throws {
        var progress = Clock.now()
        var now = progress
        while self.answered < self.published || (self.pool.count > 0 && self.deliveries < self.published * self.batch) {
            if try self.turn(atMost: 50_000_000) { progress = Clock.now() }
            now = Clock.now()
            try self.check(progress: progress, now: now)
        }
        let end = Clock.now() + 50_000_000
        while Clock.now() < end { try self.turn(atMost: end - Clock.now()) }
    }

    private func check(progress: Int64, now: Int64) throws {
        guard now - progress > self.target.timeout else { return }
        throw LoadFailure(
            "nothing was answered for \(self.target.timeout / 1_000_000_000) s: \(self.answered) of \(self.published) publishes are,"
                + " and \(self.deliveries) were received")
    }

    @discardableResult
    private func turn(atMost limit: Int64) throws -> Bool {
        try self.poller.wait(atMost: limit) { number, ready in
            if number < self.pool.count { return try self.pool.scan(number) { try self.arrived($0) } }
            let connection = number - self.pool.count
            let publisher = self.publishers[connection]
            let before = publisher.answered
            try publisher.handle(ready)
            guard publisher.answered > before else { return }
            let now = Clock.now()
            for index in before..<publisher.answered {
                self.delays.append(now - self.sentAt[connection * self.pipeline + index % self.pipeline])
            }
            self.answered += publisher.answered - before
        }
    }

    /// Each connection's messages come once and in their order; those of several connections come as the server took them.
    private func arrived(_ number: Int) throws {
        let connection = number % self.publishers.count
        let expected = self.received[connection]
        guard number / self.publishers.count == expected, expected < self.sent[connection] else {
            throw LoadFailure(
                "the subscriber received message \(number / self.publishers.count) of connection \(connection) where \(expected)"
                    + " of \(self.sent[connection]) had to come")
        }
        self.received[connection] = expected + 1
        self.deliveries += 1
    }
}

/// What publishers did.
struct PublishResult: Reportable {
    let transport: Transport
    let connections: Int
    let pipeline: Int
    let size: Int
    let subscribers: Int
    let seconds: Double
    /// Publishes that were answered.
    let publishes: Int
    let publishesPerSecond: Double
    let messagesPerRequest: Int
    let messagesPerSecond: Double
    /// What the subscriber received meanwhile; in the end it has received all.
    let deliveries: Int
    let deliveriesPerSecond: Double
    let answerMilliseconds: Latency?
    let client: ClientUsage
    let server: ServerUsage?

    var rows: [(String, String)] {
        let receivers = self.subscribers == 0 ? "none" : "1 over \(self.transport.rawValue), every delivery verified"
        var rows = [
            (
                "publishers",
                "\(Report.count(Double(self.connections))) connections, \(self.pipeline) requests in flight on each,"
                    + " \(self.size) bytes of text"
            ),
            ("subscribers", receivers),
            ("measured", "\(Report.fixed(self.seconds)) s"),
            ("publishes", "\(Report.count(self.publishesPerSecond)) per second, \(Report.count(Double(self.publishes))) in all"),
        ]
        if self.messagesPerRequest > 1 {
            rows.append(
                ("messages", "\(Report.count(self.messagesPerSecond)) per second, \(self.messagesPerRequest) in each publish"))
        }
        if self.subscribers > 0 { rows.append(("received", "\(Report.count(self.deliveriesPerSecond)) per second")) }
        return rows + Report.latency("to the answer", self.answerMilliseconds)
            + Report.usage(self.client, self.server, operation: "publish")
    }
}
