import Foundation
import Synchronization

/// A real redis-server on a port of 127.0.0.1, with a directory of its own. It is killed when nothing refers to it any more.
public final class RedisServer: Sendable {
    public struct Options: Sendable {
        /// A free one if `nil`.
        public var port: Int?
        /// The default user's password.
        public var password: String?
        /// ACL rules, such as `alice on >secret ~* +@all`.
        public var users: [String] = []
        /// Keeps what it was told over `restart()` and `kill()`.
        public var isAppendOnly = false
        /// Further lines of the configuration file.
        public var configuration: [String] = []
        /// Serves TLS on `port` and nothing else.
        public var certificate: TestCertificate?
        /// Watches a master instead of holding data.
        public var sentinel: Sentinel?

        public init(port: Int? = nil, password: String? = nil, isAppendOnly: Bool = false, configuration: [String] = []) {
            self.port = port
            self.password = password
            self.isAppendOnly = isAppendOnly
            self.configuration = configuration
        }
    }

    /// What a Sentinel watches. It decides alone (a quorum of one).
    public struct Sentinel: Sendable {
        public var masterName: String
        public var masterPort: Int
        /// How long the master may be silent.
        public var downAfter: Duration

        public init(masterName: String, masterPort: Int, downAfter: Duration = .seconds(3)) {
            self.masterName = masterName
            self.masterPort = masterPort
            self.downAfter = downAfter
        }
    }

    public let port: Int
    private let options: Options
    private let directory: TemporaryDirectory
    private let process = Mutex<TestProcess?>(nil)

    /// Starts a server and waits until it accepts connections.
    public static func start(_ options: Options = Options()) async throws -> RedisServer {
        // A free port may be taken before the server binds it: then another one.
        var attempts = options.port == nil ? 5 : 1
        while true {
            let server = try RedisServer(options)
            do {
                try await server.launch()
                return server
            } catch let error as ProcessEnded {
                attempts -= 1
                guard attempts > 0, error.description.contains("Address already in use") else { throw error }
            }
        }
    }

    private init(_ options: Options) throws {
        port = try options.port ?? freePort()
        self.options = options
        directory = try TemporaryDirectory()
        try directory.write(options.lines(port: port, directory: directory.path).joined(separator: "\n") + "\n", to: "redis.conf")
    }

    deinit { process.withLock { $0 }?.signal(SIGKILL) }

    /// The server's URL without credentials.
    public var url: String { "\(options.certificate == nil ? "redis" : "rediss")://127.0.0.1:\(port)" }

    /// What the server has logged since it was last started.
    public var log: String { process.withLock { $0 }?.text ?? "" }

    /// Starts the server again after `stop()` or `kill()`, on the same port with the same directory.
    public func launch() async throws {
        var arguments = [directory.file("redis.conf")]
        if options.sentinel != nil { arguments.append("--sentinel") }
        let process = try TestProcess("redis-server", arguments: arguments, workingDirectory: directory.path)
        self.process.withLock { $0 = process }
        try await process.line(containing: options.sentinel == nil ? "Ready to accept connections" : "+monitor")
    }

    /// Ends the server in order (`SIGTERM`) and waits until it is gone.
    public func stop() async throws {
        resume()
        try await process.withLock { $0 }?.terminate()
    }

    /// Ends the server at once (`SIGKILL`) and waits until it is gone.
    public func kill() async throws {
        let process = process.withLock { $0 }
        process?.signal(SIGKILL)
        try await process?.exit()
    }

    public func restart() async throws {
        try await stop()
        try await launch()
    }

    /// Halts the server: the system still accepts connections for it, but nothing is answered.
    public func pause() { process.withLock { $0 }?.signal(SIGSTOP) }

    /// Lets a halted server go on.
    public func resume() { process.withLock { $0 }?.signal(SIGCONT) }
}

/// Runs `body` with a server that is killed afterwards.
public func withRedisServer<Result>(
    _ options: RedisServer.Options = .init(), isolation: isolated (any Actor)? = #isolation,
    _ body: (RedisServer) async throws -> Result
) async throws -> Result {
    let server = try await RedisServer.start(options)
    do {
        let result = try await body(server)
        try await server.kill()
        return result
    } catch {
        try? await server.kill()
        throw error
    }
}

extension RedisServer.Options {
    fileprivate func lines(port: Int, directory: String) -> [String] {
        var lines = ["bind 127.0.0.1", "dir \(directory)", "daemonize no"]
        if let certificate {
            lines += [
                "port 0", "tls-port \(port)", "tls-cert-file \(certificate.certificateFile)",
                "tls-key-file \(certificate.privateKeyFile)",
                "tls-ca-cert-file \(certificate.certificateFile)", "tls-auth-clients no",
            ]
        } else {
            lines.append("port \(port)")
        }
        if let sentinel {
            let milliseconds = Int(sentinel.downAfter / .milliseconds(1))
            lines += [
                "sentinel monitor \(sentinel.masterName) 127.0.0.1 \(sentinel.masterPort) 1",
                "sentinel down-after-milliseconds \(sentinel.masterName) \(milliseconds)",
                "sentinel failover-timeout \(sentinel.masterName) 5000",
            ]
        } else {
            lines += ["save \"\"", "appendonly \(isAppendOnly ? "yes" : "no")"]
        }
        if let password { lines.append("requirepass \(password)") }
        return lines + users.map { "user \($0)" } + configuration
    }
}
