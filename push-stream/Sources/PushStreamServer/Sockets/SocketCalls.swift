import CEpoll
import NIOCore

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

    enum Accepted {
        case connection(AcceptedConnection)
        /// Nobody waits.
        case nothing
        /// The system lacks descriptors or memory; the code is `errno`.
        case failure(Int32)
    }

    static func accept(_ listening: Int32) -> Accepted {
        while true {
            var address = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let descriptor = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    accept4(listening, $0, &length, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
                }
            }
            if descriptor >= 0 {
                return .connection(AcceptedConnection(descriptor: descriptor, remote: socketAddress(address)))
            }
            switch errno {
            case EAGAIN, EWOULDBLOCK: return .nothing
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .failure(errno)
            // The client was gone first, or the network had an error to tell (accept(2)); others wait.
            case EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH:
                continue
            default: return .failure(errno)
            }
        }
    }

    /// The address that a client has connected to; nil for a `unix:` one.
    static func localAddress(of descriptor: Int32) -> SocketAddress? { address { getsockname(descriptor, $0, $1) } }

    /// The client's address; nil for one in the file system, or of a connection that is broken.
    static func remoteAddress(of descriptor: Int32) -> SocketAddress? { address { getpeername(descriptor, $0, $1) } }

    private static func address(
        _ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> SocketAddress? {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, &length) }
        }
        return result == 0 ? socketAddress(address) : nil
    }

    private static func socketAddress(_ storage: sockaddr_storage) -> SocketAddress? {
        withUnsafePointer(to: storage) { pointer in
            switch Int32(storage.ss_family) {
            case AF_INET: pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) }
            case AF_INET6: pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) }
            default: nil
            }
        }
    }

    /// Lets a close forget what is not sent yet and tell the client by a reset. Otherwise the system keeps megabytes for a client that
    /// does not read, for minutes after the close.
    static func resetOnClose(_ descriptor: Int32) {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// A second descriptor of the same socket, which programs that are started do not inherit.
    static func duplicate(_ descriptor: Int32) -> Int32? {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        return copy >= 0 ? copy : nil
    }
}
