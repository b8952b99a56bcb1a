import Glibc
import Synchronization

/// Ports that servers can be restarted on: below the range from which the system takes the ports of outgoing connections, so
/// that no client of a test takes one while its server is down.
public enum ServicePort {
    private static let handedOut = Mutex<Set<Int>>([])

    public struct NoneFree: Error {}

    /// A port that nobody listens on and that no other call has given.
    public static func allocate() throws -> Int {
        for _ in 0..<1000 {
            let port = Int.random(in: 20_000..<32_000)
            guard self.isFree(port), self.handedOut.withLock({ $0.insert(port).inserted }) else { continue }
            return port
        }
        throw NoneFree()
    }

    /// Whether all addresses of this machine can be bound.
    public static func isFree(_ port: Int) -> Bool {
        guard let descriptor = self.bind(port) else { return false }
        close(descriptor)
        return true
    }

    /// Takes a port, so that another process finds it taken, until the descriptor is closed.
    public static func occupy(_ port: Int) throws -> Int32 {
        guard let descriptor = self.bind(port) else { throw NoneFree() }
        guard listen(descriptor, 1) == 0 else {
            close(descriptor)
            throw NoneFree()
        }
        return descriptor
    }

    private static func bind(_ port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }
}
