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

    /// A second descriptor of the same socket, which programs that are started do not inherit.
    static func duplicate(_ descriptor: Int32) -> Int32? {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        return copy >= 0 ? copy : nil
    }
}
