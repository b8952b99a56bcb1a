import FoundationEssentials
import Glibc
import Logging
import PushRedis
import PushSystem
import ServiceLifecycle

/// The redis-server that belongs to this Push Service alone: a child process, reached through a socket in the data directory.
struct PrivateRedis: Service {
    enum Failure: Error, Equatable, CustomStringConvertible {
        case notInstalled
        case didNotStart(reason: String, log: String)
        case ended(reason: String, log: String)

        var description: String {
            switch self {
            case .notInstalled:
                return "redis-server is not in PATH (install it: apt-get install redis-server, or use one that runs: --redis-url)"
            case .didNotStart(let reason, let log):
                return "redis-server did not start: \(reason) (its output is in \(log))"
            case .ended(let reason, let log):
                return "redis-server \(reason) (its output is in \(log))"
            }
        }
    }

    let url: String
    private let child: ChildProcess
    private let outputFile: String

    /// Starts redis-server and returns when it answers and has loaded its data.
    ///
    /// - Parameter report: called with a sentence for people when the start takes long.
    static func start(
        in directory: DataDirectory, logger: Logger, report: @escaping @Sendable (String) -> Void
    ) async throws -> PrivateRedis {
        guard let program = findProgram("redis-server") else { throw Failure.notInstalled }
        let folder = directory.redisFolder
        let processIDFile = "\(folder)/redis.pid"
        let outputFile = "\(folder)/redis.log"
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw DataDirectory.Failure.cannotWrite(path: directory.path, reason: FileFailure.reason(of: error))
        }
        try await Self.endLeftover(processIDFile: processIDFile, folder: folder)
        let configuration = "\(folder)/redis.conf"
        try directory.write(String(decoding: PackageResources.redis_conf, as: UTF8.self), to: configuration)
        try directory.write("", to: outputFile)

        let child = try await ChildProcess.start(
            program: program,
            arguments: [
                configuration, "--port", "0", "--unixsocket", directory.redisSocket, "--unixsocketperm", "700",
                "--dir", folder, "--pidfile", processIDFile, "--daemonize", "no",
                // Keeps the command line by which a leftover is recognised.
                "--set-proc-title", "no",
            ],
            outputFile: outputFile)
        let redis = PrivateRedis(
            url: RedisConfiguration.url(forSocket: directory.redisSocket), child: child, outputFile: outputFile)
        do {
            try await redis.waitUntilReady(logger: logger, report: report)
        } catch {
            await redis.stop()
            throw error
        }
        return redis
    }

    /// Ends redis-server and returns when it has ended. It writes its append-only file before.
    func stop() async {
        self.child.send(SIGTERM)
        _ = await self.child.waitForEnd()
    }

    /// Runs until redis-server ends, which it may only do when asked.
    func run() async throws {
        let child = self.child
        let status = await withTaskCancellationOrGracefulShutdownHandler {
            await child.waitForEnd()
        } onCancelOrGracefulShutdown: {
            child.send(SIGTERM)
        }
        guard Task.isShuttingDownGracefully || Task.isCancelled else {
            throw Failure.ended(reason: status.description, log: self.outputFile)
        }
    }

    private func waitUntilReady(logger: Logger, report: @escaping @Sendable (String) -> Void) async throws {
        // That it does not answer at first is expected.
        var quiet = logger
        quiet.logLevel = .critical
        let client = RedisClient(configuration: try RedisConfiguration(url: self.url), logger: quiet)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await client.run()
                return false
            }
            group.addTask {
                let status = try await self.child.waitForEndUnlessCancelled()
                throw Failure.didNotStart(reason: self.lastWords ?? status.description, log: self.outputFile)
            }
            group.addTask {
                try await Self.waitUntilLoaded(client, report: report)
                return true
            }
            while let isReady = try await group.next(), !isReady {}
            group.cancelAll()
        }
    }

    /// Asks again while Redis reads its append-only file, which takes as long as the file is large.
    private static func waitUntilLoaded(_ client: RedisClient, report: @escaping @Sendable (String) -> Void) async throws {
        let start = ContinuousClock.now
        var nextReport = Duration.seconds(3)
        while let error = await Self.ping(client) {
            guard error.code != .cancelled else { throw error }
            let waited = start.duration(to: .now)
            if waited > nextReport {
                report("Waiting for redis-server, which reads its data (\(waited.components.seconds) s)")
                nextReport += .seconds(5)
            }
            // The server answers `LOADING` at once: ask at a pace.
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// - Returns: `nil` when the server answers. A function of its own, because as a `do` and `catch` inside the loop above it sends
    ///   the compiler (6.3.1) into an endless loop.
    private static func ping(_ client: RedisClient) async -> RedisError? {
        do throws(RedisError) {
            try await client.ping()
            return nil
        } catch {
            return error
        }
    }

    /// The last line that redis-server printed: the reason when it ends at once.
    private var lastWords: String? {
        guard let output = try? String(contentsOfFile: self.outputFile, encoding: .utf8) else { return nil }
        return output.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }.map(String.init)
    }

    /// Ends the redis-server of a push-service that was killed: two may not write the same files.
    private static func endLeftover(processIDFile: String, folder: String) async throws {
        guard let text = try? String(contentsOfFile: processIDFile, encoding: .utf8),
            let processID = pid_t(text.filter { !$0.isWhitespace }), processID > 1
        else { return }
        let commandLine = "/proc/\(processID)/cmdline"
        // Only if the number still belongs to a redis-server of this folder.
        func isLeftover() -> Bool {
            guard let command = FileManager.default.contents(atPath: commandLine) else { return false }
            let words = String(decoding: command, as: UTF8.self)
            return words.contains("redis-server") && words.contains(folder)
        }
        guard isLeftover() else { return }
        kill(processID, SIGTERM)
        let deadline = ContinuousClock.now + .seconds(20)
        while isLeftover() {
            guard ContinuousClock.now < deadline else {
                throw Failure.didNotStart(
                    reason: "process \(processID) of an earlier run still uses \(folder) and does not end",
                    log: "\(folder)/redis.log")
            }
            // A process that is not our child cannot be awaited.
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
