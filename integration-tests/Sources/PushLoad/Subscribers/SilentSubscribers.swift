import Glibc

/// Subscribers that read the head of their response and then nothing more, with as little room in their sockets as the system allows.
final class SilentSubscribers {
    private let endpoint: Endpoint
    private let request: SubscribeRequest
    private let poller: Poller
    private let firstNumber: Int
    /// Descriptors by place; -1 when the server has closed the connection.
    private var descriptors: [Int32]
    private var heads: [Int: [UInt8]] = [:]
    private(set) var subscribed = 0
    /// Connections that the server has ended.
    private(set) var closed = 0

    /// - Parameter firstNumber: what the poller knows the first of them by; the others follow.
    init(count: Int, target: Target, poller: Poller, firstNumber: Int) {
        self.endpoint = target.subscribers
        self.request = target.request
        self.poller = poller
        self.firstNumber = firstNumber
        self.descriptors = [Int32](repeating: -1, count: count)
    }

    deinit {
        for descriptor in self.descriptors where descriptor >= 0 { close(descriptor) }
    }

    var count: Int { self.descriptors.count }

    /// Begins to connect one more; it counts in ``subscribed`` when its head is there.
    func connect(_ index: Int) throws {
        let descriptor = try self.endpoint.connect(
            source: 1 + index / SubscriberPool.connectionsPerSource, receiveBuffer: Self.receiveBuffer)
        self.descriptors[index] = descriptor
        self.heads[index] = []
        try self.poller.add(descriptor, number: self.firstNumber + index, .write)
    }

    /// The system makes it its least.
    private static let receiveBuffer: Int32 = 1

    func handle(_ number: Int, _ ready: Poller.Interest) throws {
        let index = number - self.firstNumber
        guard let head = self.heads[index] else {
            // It is watched for errors and ends alone now.
            close(self.descriptors[index])
            self.descriptors[index] = -1
            self.closed += 1
            return
        }
        if ready.contains(.write) { return try self.sendRequest(index) }
        try self.readHead(index, head)
    }

    private func sendRequest(_ index: Int) throws {
        let descriptor = self.descriptors[index]
        let code = Descriptors.error(of: descriptor)
        guard code == 0 else { throw LoadFailure.system("\(self.endpoint.text) cannot be reached", code) }
        let sent = self.request.bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard sent == self.request.bytes.count else { throw LoadFailure.system("a subscriber's request cannot be sent") }
        try self.poller.change(descriptor, number: self.firstNumber + index, .read)
    }

    private func readHead(_ index: Int, _ former: [UInt8]) throws {
        let descriptor = self.descriptors[index]
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else { throw LoadFailure("a subscriber that shall not read lost its connection before it was one") }
        let head = former + bytes.prefix(count)
        guard let status = try ResponseHead.status(of: head) else {
            self.heads[index] = head
            return
        }
        guard status.code == self.request.acceptedStatus else {
            throw LoadFailure("GET \(self.request.path) on \(self.endpoint.text) was answered \"\(status.line)\"")
        }
        self.heads[index] = nil
        self.subscribed += 1
        try self.poller.change(descriptor, number: self.firstNumber + index, [])
    }
}
