#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A client without an event loop of its own. So a test can send, or end the connection, while the server's loop stands still.
final class PlainSocket: Sendable {
    struct Failed: Error {
        var code: Int32
    }

    private let descriptor: Int32

    /// - Parameters:
    ///   - host: an address of version 4.
    ///   - receiveBuffer: bytes that the system keeps for it, about.
    init(host: String = "127.0.0.1", port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failed(code: errno) }
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failed(code: errno) }
    }

    func send(_ bytes: [UInt8]) throws {
        guard Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { throw Failed(code: errno) }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Takes what is there, so many bytes at most.
    ///
    /// - Returns: how many there were.
    @discardableResult
    func receive(atMost count: Int) throws -> Int {
        var bytes = [UInt8](repeating: 0, count: count)
        let received = recv(descriptor, &bytes, count, Int32(MSG_DONTWAIT))
        guard received >= 0 || errno == EAGAIN else { throw Failed(code: errno) }
        return max(received, 0)
    }

    /// Ends the connection with a reset. Comes last.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
    }
}
