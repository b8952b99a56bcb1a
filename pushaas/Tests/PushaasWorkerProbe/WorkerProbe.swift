import Foundation
import Logging
import PushRedis
import PushRuntime
import PushaasServer
import PushaasTestProvider
import ServiceLifecycle
import Synchronization
import UnixSignals

/// `PushaasWorkerProbe REDIS-URL FOLDER [kill|stop POINT]`: a worker that writes each point that it reaches to its output, and kills or halts
/// itself when it reaches POINT for the first time. SIGTERM ends it in order.
@main
struct WorkerProbe {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3 else { exit(64) }
        let point = arguments.count >= 5 ? arguments[4] : nil
        let signalNumber = arguments.count >= 5 && arguments[3] == "kill" ? SIGKILL : SIGSTOP
        let isOver = Once()
        let reached: @Sendable (String) async -> Void = { name in
            say("POINT \(name)")
            guard name == point, isOver.first() else { return }
            // To this very thread, which goes no further than this; one to the process may let it write once more.
            raise(signalNumber)
        }
        let environment = ProcessInfo.processInfo.environment
        let lock = environment["PROBE_LOCK_MILLISECONDS"].flatMap(Int.init) ?? 60_000
        var settings = JobSettings()
        settings.lockTimeToLive = .milliseconds(lock)
        settings.heartbeat = .milliseconds(lock / 6)
        settings.pollInterval = .milliseconds(50)
        settings.lockedPause = .milliseconds(50)
        settings.minimumBackoff = .milliseconds(10)
        settings.maximumBackoff = .milliseconds(50)
        settings.watchTime = .milliseconds(environment["PROBE_WATCH_MILLISECONDS"].flatMap(Int.init) ?? 50)
        let logger = Logger(label: "probe") { _ in SayingHandler() }
        var configuration = try RedisConfiguration(url: arguments[1])
        configuration.commandTimeout = .seconds(30)
        let redis = RedisClient(configuration: configuration, logger: logger)
        let reader = RedisClient(configuration: configuration, logger: logger)
        let worker = JobWorker(
            redis: redis, reader: reader, keys: InstanceKeys(),
            provider: try FileProvider(folder: arguments[2], reached: reached), settings: settings,
            metrics: JobMetrics(registry: PrometheusRegistry(), provider: "files"), logger: logger,
            checkpoint: JobCheckpoint(reached: reached))
        let group = ServiceGroup(
            services: [redis, reader, worker], gracefulShutdownSignals: [.sigterm],
            logger: Logger(label: "group") { _ in SwiftLogNoOpLogHandler() })
        say("STARTED")
        try await group.run()
    }

    static func say(_ text: String) {
        FileHandle.standardOutput.write(Data("\(text)\n".utf8))
    }
}

private final class Once: Sendable {
    private let isOver = Atomic<Bool>(false)

    func first() -> Bool { !self.isOver.exchange(true, ordering: .relaxed) }
}

/// Writes messages as lines.
private struct SayingHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        WorkerProbe.say("LOG \(event.message) \(event.metadata ?? [:])")
    }
}
