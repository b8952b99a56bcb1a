import Glibc

/// An IPv4 address and port of the server under load.
struct Endpoint {
    /// As it was given, for the Host field and for messages.
    let text: String
    private let address: in_addr
    private let port: UInt16

    /// - Parameter text: `HOST:PORT` or `PORT`; a host name is looked up once.
    init(_ text: String) throws {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let port = UInt16(parts[parts.count - 1]), port > 0 else {
            throw LoadFailure("\"\(text)\" is no address: HOST:PORT is wanted")
        }
        let host = parts.count == 2 ? String(parts[0]) : "127.0.0.1"
        self.text = "\(host):\(port)"
        self.port = port
        var hints = addrinfo()
        hints.ai_family = AF_INET
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &found)
        guard status == 0, let found else {
            throw LoadFailure("no IPv4 address of \"\(host)\": \(String(cString: gai_strerror(status)))")
        }
        defer { freeaddrinfo(found) }
        self.address = found.pointee.ai_addr.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee.sin_addr }
    }

    var isLoopback: Bool { UInt32(bigEndian: self.address.s_addr) >> 24 == 127 }

    /// Begins to connect without waiting.
    /// - Parameters:
    ///   - source: connections to loopback leave from the addresses 127.0.0.1 plus this, because one pair of addresses has ports for
    ///     some 28,000 connections only. Elsewhere the system chooses.
    ///   - receiveBuffer: bytes that the system may keep for the client, or nil for what it does by itself.
    /// - Returns: a non-blocking socket whose readiness to be written ends the attempt.
    func connect(source: Int, receiveBuffer: Int32? = nil) throws -> Int32 {
        let fd = socket(
            AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard fd >= 0 else { throw LoadFailure.system("a socket cannot be opened") }
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        // A request must leave at once.
        setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
        // Before the connection stands, so that the server is not offered more.
        if var receiveBuffer { setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, size) }
        if self.isLoopback {
            // Without a port, so that the system chooses one when the whole pair of addresses is known.
            setsockopt(fd, Int32(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, &on, size)
            let address = in_addr(s_addr: (0x7f00_0001 + UInt32(source % 250)).bigEndian)
            guard Self.call(address, port: 0, { bind(fd, $0, $1) }) == 0 else {
                defer { close(fd) }
                throw LoadFailure.system("no source address 127.0.0.\(1 + source % 250)")
            }
        }
        guard Self.call(self.address, port: self.port, { Glibc.connect(fd, $0, $1) }) == 0 || errno == EINPROGRESS else {
            defer { close(fd) }
            throw LoadFailure.system("\(self.text) cannot be reached")
        }
        return fd
    }

    private static func call(_ address: in_addr, port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var socketAddress = sockaddr_in()
        socketAddress.sin_family = sa_family_t(AF_INET)
        socketAddress.sin_port = port.bigEndian
        socketAddress.sin_addr = address
        return withUnsafePointer(to: &socketAddress) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
