import FoundationEssentials
import Glibc
import NIOCore
import NginxConf
import Synchronization

/// Sends lines to a syslog server, one datagram each (RFC 3164). A line that cannot be sent is lost: a log must not stop the service.
final class SyslogSocket: Sendable {
    private let target: SyslogTarget
    private let hostname = ProcessIdentity.hostname()
    /// -1 where nothing is open.
    private let descriptor = Mutex<Int32>(-1)
    /// Longer lines are cut: servers take 2,048 bytes, or 1,024 in the oldest form.
    private static let longest = 2048

    init(_ target: SyslogTarget) {
        self.target = target
    }

    deinit { self.close() }

    /// - Parameter severity: 0 to 7; nil for the target's own.
    func send(_ line: String, severity: Int?) {
        let priority = self.target.facility * 8 + (severity ?? self.target.severity)
        let host = self.target.omitsHostname ? "" : "\(self.hostname) "
        let text = "<\(priority)>\(LogTime.syslog(Date(), in: .current)) \(host)\(self.target.tag): \(line)"
        let bytes = Array(text.utf8.prefix(Self.longest))
        self.descriptor.withLock { descriptor in
            // A server that was restarted has a new socket: once more with a new one of ours.
            for _ in 0..<2 {
                if descriptor < 0 { descriptor = Self.connect(self.target.server) }
                guard descriptor >= 0 else { return }
                if Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) >= 0 || errno == EAGAIN {
                    return
                }
                Glibc.close(descriptor)
                descriptor = -1
            }
        }
    }

    func close() {
        self.descriptor.withLock { descriptor in
            if descriptor >= 0 { Glibc.close(descriptor) }
            descriptor = -1
        }
    }

    /// - Returns: -1 if there is no such socket.
    private static func connect(_ server: SyslogTarget.Server) -> Int32 {
        let address: SocketAddress? =
            switch server {
            case .unix(let path): try? SocketAddress(unixDomainSocketPath: path)
            case .udp(let host, let port): try? SocketAddress(ipAddress: host, port: port)
            }
        guard let address else { return -1 }
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(address.protocol.rawValue, kind, 0)
        guard descriptor >= 0 else { return -1 }
        if address.withSockAddr({ Glibc.connect(descriptor, $0, socklen_t($1)) }) == 0 { return descriptor }
        Glibc.close(descriptor)
        return -1
    }
}
