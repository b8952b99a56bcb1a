import Glibc
import PushaasProvisioning

/// Ports of this machine that nobody has.
enum FreePorts {
    /// Below those that systems give to connections of clients, so that a port is still free when its instance starts again.
    private static let range = 20_000..<32_000
    private static let tries = 500

    /// - Returns: as many different ports, on which nobody listened a moment ago.
    static func take(_ count: Int) throws(ProviderError) -> [Int] {
        var ports: [Int] = []
        for _ in 0..<self.tries where ports.count < count {
            let port = Int.random(in: self.range)
            if !ports.contains(port), self.isFree(port) { ports.append(port) }
        }
        guard ports.count == count else {
            throw ProviderError(
                .temporary, "no free port was found between \(self.range.lowerBound) and \(self.range.upperBound)")
        }
        return ports
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
