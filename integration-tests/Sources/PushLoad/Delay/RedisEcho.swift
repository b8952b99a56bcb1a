import Glibc

/// A channel of Redis with one publisher and one subscriber, both this client.
final class RedisEcho {
    private let endpoint: Endpoint
    private let poller: Poller
    private let numbers: (publisher: Int, subscriber: Int)
    private let publisher: Int32
    private let subscriber: Int32
    private let subscribe: [UInt8]
    /// A whole `PUBLISH`, and where its mark begins.
    private var publish: [UInt8]
    private let mark: Int
    private var isConnected = false
    /// Whether the subscription stands and messages can be published.
    var isReady: Bool { self.isConnected && self.isSubscribed }
    private var isSubscribed = false
    /// The beginning of a mark whose end has not come.
    private var pending: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: 64 * 1024)

    /// - Parameters:
    ///   - size: bytes of a message, the mark included.
    ///   - firstNumber: the poller knows the connections by this and the next number.
    init(endpoint: Endpoint, channel: String, size: Int, poller: Poller, firstNumber: Int) throws {
        self.endpoint = endpoint
        self.poller = poller
        self.numbers = (firstNumber, firstNumber + 1)
        self.subscribe = Self.command(["SUBSCRIBE", channel].map { Array($0.utf8) })
        let text = SequenceMark.bytes(0) + [UInt8](repeating: UInt8(ascii: "x"), count: size - SequenceMark.length)
        self.publish = Self.command([Array("PUBLISH".utf8), Array(channel.utf8), text])
        // The text and a line end are the last of the command.
        self.mark = self.publish.count - size - 2
        self.publisher = try endpoint.connect(source: 0)
        self.subscriber = try endpoint.connect(source: 0)
        try poller.add(self.publisher, number: self.numbers.publisher, .write)
        try poller.add(self.subscriber, number: self.numbers.subscriber, .write)
    }

    deinit {
        close(self.publisher)
        close(self.subscriber)
    }

    private static func command(_ arguments: [[UInt8]]) -> [UInt8] {
        arguments.reduce(into: Array("*\(arguments.count)\r\n".utf8)) { bytes, argument in
            bytes += Array("$\(argument.count)\r\n".utf8) + argument + [13, 10]
        }
    }

    func publish(_ number: Int) throws {
        self.publish.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { SequenceMark.write(number, at: base + self.mark) }
        }
        try self.send(self.publish, on: self.publisher)
    }

    /// - Parameter body: gets the number of each message that came.
    func handle(_ number: Int, _ ready: Poller.Interest, _ body: (Int) throws -> Void) throws {
        let fd = number == self.numbers.publisher ? self.publisher : self.subscriber
        if ready.contains(.write) {
            let code = Descriptors.error(of: fd)
            guard code == 0 else { throw LoadFailure.system("\(self.endpoint.text) cannot be reached", code) }
            try self.poller.change(fd, number: number, .read)
            if number == self.numbers.publisher { self.isConnected = true } else { try self.send(self.subscribe, on: fd) }
        }
        guard ready.contains(.read) else { return }
        let count = recv(fd, &self.buffer, self.buffer.count, 0)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else { throw LoadFailure("\(self.endpoint.text) closed a connection") }
        // An error is the one answer that begins so, to either command.
        guard self.buffer[0] != UInt8(ascii: "-") else {
            let line = self.buffer[1..<count].prefix { $0 != 13 }
            throw LoadFailure("Redis answered \"\(String(decoding: line, as: UTF8.self))\"")
        }
        guard number == self.numbers.subscriber else { return }
        self.isSubscribed = true
        self.pending += self.buffer[..<count]
        let rest = try self.pending.withUnsafeMutableBufferPointer { bytes -> Int in
            guard let base = bytes.baseAddress else { return 0 }
            return try SequenceMark.scan(from: base, to: base + bytes.count, body) - base
        }
        self.pending.removeFirst(rest)
    }

    private func send(_ bytes: [UInt8], on fd: Int32) throws {
        let sent = bytes.withUnsafeBytes { Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard sent == bytes.count else { throw LoadFailure.system("a command cannot be sent to \(self.endpoint.text)") }
    }
}
