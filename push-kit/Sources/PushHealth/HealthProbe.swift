import FoundationEssentials
import Glibc
import PushSystem

/// Asks a service of this machine whether it is well: the `--health` of each program, which containers run as their health check, because
/// their images hold no HTTP client.
///
/// It asks `/healthz`, which tells that the service is alive, not `/readyz`: a container must not be ended because its Redis is away.
/// Plain sockets, so that a program without an HTTP client gets none by this.
public enum HealthProbe {
    /// Where to ask.
    public struct Address: Sendable, Equatable, CustomStringConvertible {
        public var host: String
        public var port: Int
        public var path: String

        /// - Parameter host: where the service listens; `0.0.0.0`, `::` and nothing, which are every address, are asked as `localhost`.
        public init(host: String = "localhost", port: Int, path: String = "/healthz") {
            self.host = ["", "0.0.0.0", "::", "[::]", "*"].contains(host) ? "localhost" : host
            self.port = port
            self.path = path
        }

        /// Reads `http://HOST[:PORT][/PATH]`.
        public init?(url: String) {
            guard let parts = URLComponents(string: url), parts.scheme == "http", let host = parts.host, !host.isEmpty else {
                return nil
            }
            // An address of version 6 stands in brackets.
            self.init(
                host: host.filter { !"[]".contains($0) }, port: parts.port ?? 80,
                path: parts.path.isEmpty ? "/healthz" : parts.path)
        }

        public var description: String {
            "http://\(self.host.contains(":") ? "[\(self.host)]" : self.host):\(self.port)\(self.path)"
        }
    }

    /// Why the service is not well, in a sentence.
    public struct Failure: Error, Equatable, CustomStringConvertible {
        public var description: String

        public init(description: String) {
            self.description = description
        }
    }

    /// The program's `--health [URL]`: asks, tells on standard error why it is not well.
    /// - Parameters:
    ///   - arguments: what stands after `--health`.
    ///   - address: where the program listens, unless a URL is given.
    /// - Returns: the exit status, 0 for well, 1 for not, 2 for a wrong command line.
    public static func run(program: String, arguments: some Collection<String>, address: Address) -> Int32 {
        var address = address
        if let url = arguments.first {
            guard arguments.count == 1, let given = Address(url: url) else {
                Console.report("\(program): --health takes one address, http://host:port/path")
                return 2
            }
            address = given
        }
        do throws(Failure) {
            try Self.ask(address)
            return 0
        } catch {
            Console.report("\(program): \(address): \(error)")
            return 1
        }
    }

    /// Asks with GET, and takes any status from 200 to 299 for well.
    /// - Parameter seconds: how long each step, connecting and waiting for the answer, may take; at least 1.
    public static func ask(_ address: Address, seconds: Int = 4) throws(Failure) {
        let descriptor = try Self.connect(address, seconds: seconds)
        defer { close(descriptor) }
        let request = Array(
            "GET \(address.path) HTTP/1.1\r\nHost: \(address.host)\r\nUser-Agent: health-check\r\nConnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw Failure(description: "cannot send the question: \(Self.lastError)")
        }
        // `HTTP/1.1 200`; all that follows is of no interest.
        var answer: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64)
        while answer.count < 12 {
            let count = recv(descriptor, &part, part.count, 0)
            guard count > 0 else { throw Failure(description: count == 0 ? "no answer" : "no answer: \(Self.lastError)") }
            answer += part[..<count]
        }
        let start = String(decoding: answer.prefix(12), as: UTF8.self)
        guard start.hasPrefix("HTTP/1."), let status = Int(start.dropFirst(9)) else {
            throw Failure(description: "the answer is not HTTP")
        }
        guard (200..<300).contains(status) else { throw Failure(description: "status \(status)") }
    }

    /// Tries each address that the name has.
    private static func connect(_ address: Address, seconds: Int) throws(Failure) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(address.host, "\(address.port)", &hints, &found)
        guard status == 0 else { throw Failure(description: String(cString: gai_strerror(status))) }
        defer { freeaddrinfo(found) }
        var problem = "no address"
        var next = found
        while let candidate = next?.pointee {
            next = candidate.ai_next
            let descriptor = socket(candidate.ai_family, candidate.ai_socktype, candidate.ai_protocol)
            guard descriptor >= 0 else { continue }
            // For connecting, too, on Linux.
            var limit = timeval(tv_sec: seconds, tv_usec: 0)
            let size = socklen_t(MemoryLayout<timeval>.size)
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
            if Glibc.connect(descriptor, candidate.ai_addr, candidate.ai_addrlen) == 0 { return descriptor }
            problem = Self.lastError
            close(descriptor)
        }
        throw Failure(description: "cannot connect: \(problem)")
    }

    private static var lastError: String {
        // A limit that has passed is told as EAGAIN, or EINPROGRESS when connecting.
        [EAGAIN, EINPROGRESS].contains(errno) ? "timed out" : String(cString: strerror(errno))
    }
}
