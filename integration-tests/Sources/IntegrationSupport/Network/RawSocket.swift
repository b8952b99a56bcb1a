import Glibc

/// A blocking TCP socket for what no decent client does. Every call ends after a minute.
public final class RawSocket {
    public struct Failure: Error {
        public let call: String
        public let code: Int32
    }

    private var descriptor: Int32

    /// - Parameters:
    ///   - port: of 127.0.0.1.
    ///   - receiveBuffer: bytes that the system may keep for this client; nil for what it does by itself.
    public init(port: Int, receiveBuffer: Int32? = nil) throws {
        self.descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard self.descriptor >= 0 else { throw Failure(call: "socket", code: errno) }
        if let receiveBuffer { self.set(SO_RCVBUF, receiveBuffer) }
        self.set(SO_RCVTIMEO, timeval(tv_sec: 60, tv_usec: 0))
        self.set(SO_SNDTIMEO, timeval(tv_sec: 60, tv_usec: 0))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr = in_addr(s_addr: UInt32(0x7f00_0001).bigEndian)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(self.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            let code = errno
            self.close()
            throw Failure(call: "connect", code: code)
        }
    }

    deinit { self.close() }

    private func set<Value: BitwiseCopyable>(_ option: Int32, _ value: Value) {
        var value = value
        setsockopt(self.descriptor, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<Value>.size))
    }

    /// How long a send waits for room before it gives up, in milliseconds.
    public func setSendTimeout(_ milliseconds: Int) {
        self.set(SO_SNDTIMEO, timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000))
    }

    public func send(_ text: String) throws { try self.send(Array(text.utf8)) }

    /// Sends all of it.
    public func send(_ bytes: [UInt8]) throws {
        let sent = try self.sendSome(bytes)
        guard sent == bytes.count else { throw Failure(call: "send", code: EAGAIN) }
    }

    /// Sends until all is out or there was no room for the send's time.
    /// - Returns: how many bytes went out.
    public func sendSome(_ bytes: [UInt8]) throws -> Int {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(self.descriptor, $0.baseAddress.map { $0 + sent }, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EAGAIN { return sent }
            guard count > 0 else { throw Failure(call: "send", code: errno) }
            sent += count
        }
        return sent
    }

    /// Reads once.
    /// - Returns: at least one byte; nothing when the server has ended or reset the connection.
    public func receive(atMost limit: Int = 64 * 1024) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = recv(self.descriptor, &bytes, limit, 0)
        if count < 0, errno == ECONNRESET || errno == EPIPE { return [] }
        guard count >= 0 else { throw Failure(call: "recv", code: errno) }
        return Array(bytes.prefix(count))
    }

    /// Reads until a text is there.
    @discardableResult
    public func receive(until text: String) throws -> String {
        var received = ""
        while !received.contains(text) {
            let bytes = try self.receive()
            guard !bytes.isEmpty else { throw Failure(call: "recv: the end after \"\(received.suffix(300))\"", code: 0) }
            received += String(decoding: bytes, as: UTF8.self)
        }
        return received
    }

    /// Reads until the server has ended the connection.
    public func receiveAll() throws -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let bytes = try self.receive()
            if bytes.isEmpty { return all }
            all += bytes
        }
    }

    /// Waits for bytes or the end.
    /// - Returns: whether there are any.
    public func isReadable(within milliseconds: Int32) -> Bool {
        var waiting = pollfd(fd: self.descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, milliseconds) > 0
    }

    /// Ends this side alone; the server may go on sending.
    public func endSending() { shutdown(self.descriptor, Int32(SHUT_WR)) }

    /// Ends the connection by a reset.
    public func reset() {
        self.set(SO_LINGER, linger(l_onoff: 1, l_linger: 0))
        self.close()
    }

    public func close() {
        if self.descriptor >= 0 { _ = Glibc.close(self.descriptor) }
        self.descriptor = -1
    }
}
