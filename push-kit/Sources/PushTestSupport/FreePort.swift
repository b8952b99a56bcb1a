#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// No port could be had from the system.
public struct NoFreePort: Error, Sendable {
    /// The value of `errno`.
    public var code: Int32
}

/// A TCP port of 127.0.0.1 that was free a moment ago. Another process may take it before it is used.
public func freePort() throws -> Int {
    #if canImport(Glibc)
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
    let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    guard descriptor >= 0 else { throw NoFreePort(code: errno) }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
        }
    }
    guard status == 0 else { throw NoFreePort(code: errno) }
    return Int(UInt16(bigEndian: address.sin_port))
}
