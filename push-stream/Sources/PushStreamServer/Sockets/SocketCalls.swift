#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The system calls of sockets that have left NIO. All sockets are non-blocking.
enum SocketCalls {
    enum Sent {
        /// This many bytes; fewer than were given, perhaps none, when the socket is full.
        case sent(Int)
        case broken
    }

    enum Received {
        case bytes(Int)
        /// Nothing more for now.
        case nothing
        /// The client has ended its side, or the connection is broken.
        case end
    }

    static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Sent {
        while true {
            let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return .sent(count) }
            if errno == EINTR { continue }
            return errno == EAGAIN || errno == EWOULDBLOCK ? .sent(0) : .broken
        }
    }

    static func receive(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer) -> Received {
        while true {
            let count = recv(descriptor, bytes.baseAddress, bytes.count, 0)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            if errno == EINTR { continue }
            return errno == EAGAIN || errno == EWOULDBLOCK ? .nothing : .end
        }
    }

    /// Lets a close forget what is not sent yet and tell the client by a reset. Otherwise the system keeps megabytes for a client that
    /// does not read, for minutes after the close.
    static func resetOnClose(_ descriptor: Int32) {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// The client's address without its port, as Nginx writes it; `unix:` of a socket in the file system.
    static func clientAddress(_ descriptor: Int32) -> String {
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let isKnown = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getpeername(descriptor, address, &size) == 0 && address.pointee.sa_family != sa_family_t(AF_UNIX)
                    && getnameinfo(address, size, &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST) == 0
            }
        }
        return isKnown ? String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : "unix:"
    }

    /// A second descriptor of the same socket, which programs that are started do not inherit.
    static func duplicate(_ descriptor: Int32) -> Int32? {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        return copy >= 0 ? copy : nil
    }
}
