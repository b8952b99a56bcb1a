import Glibc

/// File descriptors and what the system says of sockets.
enum Descriptors {
    /// Raises the soft limit of open files as far as needed.
    /// - Parameter connections: how many will be open at once.
    static func reserve(_ connections: Int) throws {
        // Standard streams, epoll, signals, files of /proc and what the libraries hold.
        let needed = rlim_t(connections + 32)
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { throw LoadFailure.system("getrlimit") }
        guard limit.rlim_cur < needed else { return }
        guard limit.rlim_max >= needed else {
            throw LoadFailure(
                "\(connections) connections need \(needed) file descriptors, and this process may open \(limit.rlim_max):"
                    + " raise the limit (ulimit -Hn) or ask for fewer")
        }
        limit.rlim_cur = needed
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            throw LoadFailure.system("the limit of \(needed) file descriptors cannot be set")
        }
    }

    /// The pending error of a socket, which is 0 when its attempt to connect succeeded.
    static func error(of fd: Int32) -> Int32 {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size)
        return code
    }
}
