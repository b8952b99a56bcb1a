/// Messages at an even rate, in turn through push-api to a subscriber and through Redis alone.
final class DelayRun {
    /// One of the two ways: what was sent on it and what came.
    private struct Way {
        /// When each message was sent, or had to be and found no connection.
        var sentAt: [Int64] = []
        /// Nanoseconds on its way; -1 while it is.
        var delays: [Int64] = []
        var received = 0

        var isIdle: Bool { self.received == self.sentAt.count }

        mutating func send(at time: Int64) -> Int {
            self.sentAt.append(time)
            self.delays.append(-1)
            return self.sentAt.count - 1
        }

        mutating func receive(_ number: Int, at time: Int64) throws {
            guard self.delays.indices.contains(number), self.delays[number] < 0 else {
                throw LoadFailure("message \(number) came, which was not sent or came before")
            }
            self.delays[number] = time - self.sentAt[number]
            self.received += 1
        }
    }

    /// Nanoseconds on one way before it is the other's turn.
    private static let slice: Int64 = 250_000_000

    private let target: Target
    private let size: Int
    private let rate: Int
    private let poller: Poller
    private let pool: SubscriberPool
    private let publishers: [Publisher]
    private let echo: RedisEcho
    private let ticker: Ticker
    private let numbers: (ticker: Int, echo: Int)
    /// Messages that no connection was free for.
    private var waiting: [Int] = []
    private var path = Way()
    private var bare = Way()
    private var isOnPath = true
    private var isPublishing = false

    init(target: Target, redis: Endpoint, connections: Int, request: PublishRequest, size: Int, rate: Int) throws {
        try Descriptors.reserve(connections + 4)
        let poller = try Poller()
        self.target = target
        self.size = size
        self.rate = rate
        self.poller = poller
        self.pool = SubscriberPool(count: 1, endpoint: target.subscribers, request: target.request, poller: poller)
        self.publishers = try (0..<connections).map {
            try Publisher(endpoint: target.publishers, request: request, poller: poller, number: 1 + $0)
        }
        self.numbers = (1 + connections, 2 + connections)
        self.ticker = try Ticker(interval: 1_000_000_000 / Int64(rate), poller: poller, number: self.numbers.ticker)
        self.echo = try RedisEcho(
            endpoint: redis, channel: "push-load:\(target.channel)", size: size, poller: poller, firstNumber: self.numbers.echo)
    }

    /// - Parameter length: nanoseconds, after nanoseconds that are not measured.
    func measure(_ length: Int64, warmUp: Int64) throws -> DelayResult {
        try self.pool.open(timeout: self.target.timeout, progress: self.target.progress) { _ in }
        try self.turn { self.echo.isReady }
        try self.load(warmUp)
        let span = try UsageSpan(server: self.target.server)
        let before = (path: self.path.sentAt.count, bare: self.bare.sentAt.count)
        try self.load(length)
        let paths = Array(self.path.delays[before.path...])
        let usage = try span.end(operations: paths.count)
        guard let path = Latency(paths), let bare = Latency(Array(self.bare.delays[before.bare...])) else {
            throw LoadFailure("the time is too short for messages on both ways")
        }
        return DelayResult(
            transport: self.target.request.transport, rate: self.rate, size: self.size, seconds: usage.seconds,
            messages: paths.count, pathMilliseconds: path, publishSubscribeMilliseconds: bare, ratioP50: path.p50 / bare.p50,
            ratioP99: path.p99 / bare.p99, client: usage.client, server: usage.server)
    }

    /// Publishes for some time, slice by slice; each ends when all its messages have come.
    private func load(_ length: Int64) throws {
        let begin = Clock.now()
        while Clock.now() - begin < length {
            for onPath in [true, false] {
                self.isOnPath = onPath
                // What passed while nothing was published is of no account.
                _ = self.ticker.passed()
                self.isPublishing = true
                let end = Clock.now() + Self.slice
                try self.turn { Clock.now() >= end }
                self.isPublishing = false
                try self.turn { self.path.isIdle && self.bare.isIdle && self.publishers.allSatisfy { $0.unanswered == 0 } }
            }
            self.target.progress.tell(Clock.now(), "\(self.path.received) messages through push-api")
        }
    }

    /// Works until `isOver` says so.
    private func turn(until isOver: () -> Bool) throws {
        var progress = Clock.now()
        while !isOver() {
            let before = self.path.received + self.bare.received
            let isBusy = try self.poller.wait(atMost: 10_000_000) { try self.handle($0, $1) }
            let now = Clock.now()
            if self.path.received + self.bare.received > before || (isBusy && !self.isPublishing) { progress = now }
            guard now - progress <= self.target.timeout else {
                throw LoadFailure(
                    "nothing was received for \(self.target.timeout / 1_000_000_000) s: \(self.path.received) of"
                        + " \(self.path.sentAt.count) messages came through push-api, \(self.bare.received) of"
                        + " \(self.bare.sentAt.count) through Redis")
            }
        }
    }

    private func handle(_ number: Int, _ ready: Poller.Interest) throws {
        switch number {
        case 0:
            try self.pool.scan(number) { try self.path.receive($0, at: Clock.now()) }
        case self.numbers.ticker:
            let passed = self.ticker.passed()
            if self.isPublishing { for _ in 0..<passed { try self.publish() } }
        case self.numbers.echo...:
            try self.echo.handle(number, ready) { try self.bare.receive($0, at: Clock.now()) }
        default:
            let publisher = self.publishers[number - 1]
            try publisher.handle(ready)
            if publisher.unanswered == 0, !self.waiting.isEmpty { try self.send(self.waiting.removeFirst(), on: publisher) }
        }
    }

    private func publish() throws {
        guard self.isOnPath else { return try self.echo.publish(self.bare.send(at: Clock.now())) }
        let message = self.path.send(at: Clock.now())
        if let publisher = self.publishers.first(where: { $0.unanswered == 0 }) {
            try self.send(message, on: publisher)
        } else {
            self.waiting.append(message)
        }
    }

    private func send(_ message: Int, on publisher: Publisher) throws {
        publisher.publish(message)
        try publisher.flush()
    }
}

/// How long messages took on both ways.
struct DelayResult: Reportable {
    let transport: Transport
    /// Messages per second on either way while it had its turn.
    let rate: Int
    let size: Int
    let seconds: Double
    /// Through push-api.
    let messages: Int
    /// From the request to push-api to the subscriber of push-stream.
    let pathMilliseconds: Latency
    /// From PUBLISH to the subscriber of Redis.
    let publishSubscribeMilliseconds: Latency
    /// The first by the second.
    let ratioP50: Double
    let ratioP99: Double
    let client: ClientUsage
    let server: ServerUsage?

    var rows: [(String, String)] {
        [
            ("rate", "\(self.rate) messages per second with \(self.size) bytes"),
            ("measured", "\(Report.fixed(self.seconds)) s, \(self.messages) messages through push-api, every delivery verified"),
        ] + Report.latency("to \(self.transport.rawValue)", self.pathMilliseconds)
            + Report.latency("PUBLISH to SUBSCRIBE", self.publishSubscribeMilliseconds)
            + [("ratio", "p50 \(Report.fixed(self.ratioP50)), p99 \(Report.fixed(self.ratioP99))")]
            + Report.usage(self.client, self.server, operation: "message")
    }
}
