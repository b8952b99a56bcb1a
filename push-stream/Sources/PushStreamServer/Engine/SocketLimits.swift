import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

enum SocketLimits {
    static var reusePort: NIOBSDSocket.Option { NIOBSDSocket.Option(rawValue: SO_REUSEPORT) }

    /// Bytes that the system takes for a client beyond what is on its way to it (`TCP_NOTSENT_LOWAT`, which Glibc's module leaves out).
    /// Without it the system keeps megabytes for each client that does not read, and thousands of those are more than it has for all
    /// connections together.
    static var unsentLimit: NIOBSDSocket.Option {
        #if os(Linux)
            NIOBSDSocket.Option(rawValue: 25)
        #else
            NIOBSDSocket.Option(rawValue: TCP_NOTSENT_LOWAT)
        #endif
    }

    /// What ``unsentLimit`` is set to.
    static let unsentBytes: Int32 = 32 * 1024

    /// How long sent data may stay unacknowledged, in milliseconds. With `send_timeout` as its value, the kernel ends
    /// connections whose client is gone or reads nothing, without a timer of ours for each.
    static var userTimeout: NIOBSDSocket.Option {
        #if os(Linux)
            NIOBSDSocket.Option(rawValue: TCP_USER_TIMEOUT)
        #else
            NIOBSDSocket.Option(rawValue: TCP_CONNECTIONTIMEOUT)
        #endif
    }
}
