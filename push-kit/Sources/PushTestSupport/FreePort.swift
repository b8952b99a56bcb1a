import Glibc
import Synchronization

/// No port could be had from the system.
public struct NoFreePort: Error, Sendable {
    /// The value of `errno`.
    public var code: Int32
}

/// A TCP port of 127.0.0.1 that was free a moment ago, and that this process is not given again.
///
/// It is below the range from which Linux takes ports itself: there a port that is not bound yet, or not at the moment, soon becomes
/// that of somebody's connection, even of the very client that tries to reach it.
public func freePort() throws -> Int {
    for _ in 0..<1000 {
        let port = Int.random(in: ports)
        if given.withLock({ $0.insert(port).inserted }), try isFree(port) { return port }
    }
    throw NoFreePort(code: EADDRINUSE)
}

private let ports = 12_000..<32_000
private let given = Mutex<Set<Int>>([])

private func isFree(_ port: Int) throws -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw NoFreePort(code: errno) }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    // Every address of this machine, for a server that listens on all.
    address.sin_addr.s_addr = 0
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}
