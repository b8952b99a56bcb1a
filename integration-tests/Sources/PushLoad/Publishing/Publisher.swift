import Glibc

/// One keep-alive connection that publishes, with as many requests in flight as its user allows.
final class Publisher {
    private let endpoint: Endpoint
    private let poller: Poller
    private let number: Int
    private let fd: Int32
    private var request: PublishRequest
    private var output: [UInt8] = []
    private var sent = 0
    private var waitsForRoom = true
    private var responses = ResponseReader()
    private let buffer: UnsafeMutablePointer<UInt8>
    private static let bufferSize = 64 * 1024
    /// Publishes whose response has not come.
    private(set) var unanswered = 0
    private(set) var answered = 0

    /// - Parameters:
    ///   - number: what the poller knows the connection by.
    init(endpoint: Endpoint, request: PublishRequest, poller: Poller, number: Int) throws {
        self.endpoint = endpoint
        self.poller = poller
        self.number = number
        self.request = request
        self.fd = try endpoint.connect(source: 0)
        self.buffer = .allocate(capacity: Self.bufferSize)
        try poller.add(self.fd, number: number, .write)
    }

    deinit {
        close(self.fd)
        self.buffer.deallocate()
    }

    /// Puts a request into the output; `flush` sends it.
    /// - Parameters:
    ///   - first: the number of its first message.
    ///   - stride: what the numbers of its further messages grow by.
    func publish(_ first: Int, stride: Int = 1) {
        self.request.mark(first, stride: stride)
        self.output += self.request.bytes
        self.unanswered += 1
    }

    /// Sends what the socket takes; the rest follows when it is ready again.
    func flush() throws {
        guard !self.waitsForRoom, self.sent < self.output.count else { return }
        let count = self.output.withUnsafeBytes {
            send(self.fd, $0.baseAddress.map { $0 + self.sent }, $0.count - self.sent, Int32(MSG_NOSIGNAL))
        }
        guard count >= 0 || errno == EAGAIN else { throw LoadFailure.system("a message cannot be sent to \(self.endpoint.text)") }
        self.sent += max(0, count)
        if self.sent == self.output.count {
            self.output.removeAll(keepingCapacity: true)
            self.sent = 0
        } else {
            self.waitsForRoom = true
            try self.poller.change(self.fd, number: self.number, [.read, .write])
        }
    }

    func handle(_ ready: Poller.Interest) throws {
        if ready.contains(.write), self.waitsForRoom {
            let code = Descriptors.error(of: self.fd)
            guard code == 0 else { throw LoadFailure.system("\(self.endpoint.text) cannot be reached", code) }
            self.waitsForRoom = false
            try self.poller.change(self.fd, number: self.number, .read)
            try self.flush()
        }
        guard ready.contains(.read) else { return }
        let count = recv(self.fd, self.buffer, Self.bufferSize, 0)
        guard count > 0 else {
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            if count < 0 { throw LoadFailure.system("the publisher lost its connection to \(self.endpoint.text)") }
            throw LoadFailure("\(self.endpoint.text) closed the publisher's connection")
        }
        let completed = try self.responses.feed(UnsafeRawBufferPointer(start: self.buffer, count: count))
        self.unanswered -= completed
        self.answered += completed
    }
}
