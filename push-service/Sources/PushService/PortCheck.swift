import Glibc

/// Finds out before anything is started whether the public ports can be had, so that the answer names the option to change.
enum PortCheck {
    struct Unavailable: Error, Equatable, CustomStringConvertible {
        let port: Int
        let purpose: String
        let option: String
        let reason: String

        var description: String {
            "cannot listen on port \(self.port) for \(self.purpose): \(self.reason) (choose another with \(self.option))"
        }
    }

    /// Binds the port on all IPv4 addresses for a moment. 0 is always available.
    static func check(port: Int, purpose: String, option: String) throws(Unavailable) {
        guard port != 0 else { return }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // Connections of an earlier run that are still being closed do not count.
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = in_addr_t(0)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 && listen(descriptor, 1) == 0
            }
        }
        guard !bound else { return }
        let code = errno
        let reason = code == EADDRINUSE ? "the port is taken" : String(cString: strerror(code))
        throw Unavailable(port: port, purpose: purpose, option: option, reason: reason)
    }
}
