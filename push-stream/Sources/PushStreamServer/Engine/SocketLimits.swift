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
