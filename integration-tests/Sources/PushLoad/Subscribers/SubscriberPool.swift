import Glibc

/// Subscribers by number, and the one buffer that all of them read into.
final class SubscriberPool {
    let count: Int
    private let endpoint: Endpoint
    private let request: SubscribeRequest
    private let poller: Poller
    let subscribers: UnsafeMutablePointer<Subscriber>
    private let buffer: UnsafeMutablePointer<UInt8>
    /// Heads that came in parts, by subscriber.
    private var heads: [Int: [UInt8]] = [:]
    private(set) var subscribed = 0
    /// Whether ``delays`` is kept; set before ``open(timeout:concurrency:progress:_:)``.
    var keepsDelays = false
    /// Nanoseconds from connect to the head of the response, in the order in which the heads came.
    private(set) var delays: [Int64] = []
    /// When those connected that have no head yet.
    private var connectedAt: [Int: Int64] = [:]

    /// Room in front of what is read, for the carried bytes.
    private static let margin = 16
    private static let bufferSize = 256 * 1024
    /// Attempts to connect at once: fewer than any backlog.
    static let concurrency = 200
    /// Connections that leave from one address.
    static let connectionsPerSource = 10_000

    /// - Parameters:
    ///   - poller: gets the subscribers' numbers, which are below `count`.
    init(count: Int, endpoint: Endpoint, request: SubscribeRequest, poller: Poller) {
        self.count = count
        self.endpoint = endpoint
        self.request = request
        self.poller = poller
        self.subscribers = .allocate(capacity: count)
        self.subscribers.initialize(repeating: Subscriber(), count: count)
        self.buffer = .allocate(capacity: Self.margin + Self.bufferSize)
    }

    deinit {
        for index in 0..<self.count where self.subscribers[index].fd >= 0 { close(self.subscribers[index].fd) }
        self.subscribers.deallocate()
        self.buffer.deallocate()
    }

    /// Connects all and waits until each has its head, or with long polling, has sent its request.
    /// - Parameters:
    ///   - timeout: nanoseconds without progress after which this fails.
    ///   - concurrency: attempts at once.
    ///   - others: gets what becomes ready of the poller's other numbers.
    func open(
        timeout: Int64, concurrency: Int = SubscriberPool.concurrency, progress line: Progress,
        _ others: (Poller.Interest) throws -> Void
    ) throws {
        var next = 0
        var progress = Clock.now()
        while self.subscribed < self.count {
            while next < self.count, next - self.subscribed < concurrency {
                try self.connect(next)
                next += 1
            }
            let before = self.subscribed
            try self.poller.wait(atMost: 100_000_000) { number, ready in
                if number < self.count { try self.advance(number) } else { try others(ready) }
            }
            let now = Clock.now()
            if self.subscribed > before { progress = now }
            line.tell(now, "\(self.subscribed) of \(self.count) subscribers are there")
            if now - progress > timeout {
                throw LoadFailure(
                    "\(self.subscribed) of \(self.count) subscribers are there, and none came for \(timeout / 1_000_000_000) s")
            }
        }
    }

    /// Keeps the connections until a time; what the server sends meanwhile, such as pings, is read and dropped.
    func hold(until end: Int64) throws {
        while true {
            let rest = end - Clock.now()
            if rest <= 0 { return }
            try self.poller.wait(atMost: rest) { number, _ in if number < self.count { _ = try self.read(number) } }
        }
    }

    private func connect(_ index: Int) throws {
        let fd = try self.endpoint.connect(source: index / Self.connectionsPerSource)
        self.subscribers[index].fd = fd
        self.subscribers[index].phase = .connecting
        if self.keepsDelays { self.connectedAt[index] = Clock.now() }
        try self.poller.add(fd, number: index, .write)
    }

    /// Takes a subscriber that is not yet subscribed one step on. What follows the head is before any message and not looked at.
    private func advance(_ index: Int) throws {
        let fd = self.subscribers[index].fd
        switch self.subscribers[index].phase {
        case .connecting:
            let code = Descriptors.error(of: fd)
            guard code == 0 else { throw LoadFailure.system("\(self.endpoint.text) cannot be reached", code) }
            let sent = self.request.bytes.withUnsafeBytes { send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent == self.request.bytes.count else { throw LoadFailure.system("a subscriber's request cannot be sent") }
            try self.poller.change(fd, number: index, .read)
            self.subscribers[index].phase = .waiting
            if self.request.transport == .longpolling { self.hasSubscribed(index) }
        case .waiting:
            let bytes = try self.read(index)
            var head = self.heads.removeValue(forKey: index) ?? []
            head += bytes
            guard let status = try ResponseHead.status(of: head) else {
                self.heads[index] = head
                return
            }
            guard status.code == self.request.acceptedStatus else {
                throw LoadFailure("GET \(self.request.path) on \(self.endpoint.text) was answered \"\(status.line)\"")
            }
            self.hasSubscribed(index)
        case .idle, .subscribed: _ = try self.read(index)
        }
    }

    private func hasSubscribed(_ index: Int) {
        self.subscribers[index].phase = .subscribed
        if let start = self.connectedAt.removeValue(forKey: index) { self.delays.append(Clock.now() - start) }
        self.subscribed += 1
    }

    /// Reads once what there is.
    /// - Returns: bytes that are valid until the next read.
    private func read(_ index: Int) throws -> UnsafeMutableBufferPointer<UInt8> {
        let start = self.buffer + Self.margin
        let count = recv(self.subscribers[index].fd, start, Self.bufferSize, 0)
        if count > 0 { return UnsafeMutableBufferPointer(start: start, count: count) }
        if count < 0, errno == EAGAIN || errno == EINTR { return UnsafeMutableBufferPointer(start: start, count: 0) }
        if count < 0 { throw LoadFailure.system("subscriber \(index) lost its connection") }
        throw LoadFailure("the server closed the connection of subscriber \(index)")
    }

    /// Reads once and gives the number of each message to `body`, after checking that it is the one that this subscriber must get next.
    @inline(__always)
    func receive(_ index: Int, _ body: (Int) -> Void) throws {
        var expected = self.subscribers[index].expected
        try self.scan(index) { number in
            guard number == expected else {
                throw LoadFailure(
                    "subscriber \(index) received message \(number) where \(expected) had to come: "
                        + (number > expected ? "messages were lost" : "it came twice"))
            }
            expected += 1
            body(number)
        }
        self.subscribers[index].expected = expected
    }

    /// Reads once and gives the number of each message to `body`.
    @inline(__always)
    func scan(_ index: Int, _ body: (Int) throws -> Void) throws {
        let subscriber = self.subscribers + index
        let bytes = try self.read(index)
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        let carried = Int(subscriber.pointee.carried)
        let start = base - carried
        if carried > 0 {
            _ = memcpy(start, &subscriber.pointee.carry, carried)
        }
        let end = base + bytes.count
        let rest = try SequenceMark.scan(from: start, to: end, body)
        subscriber.pointee.carried = UInt8(end - rest)
        if end > rest {
            _ = memcpy(&subscriber.pointee.carry, rest, end - rest)
        }
    }
}
