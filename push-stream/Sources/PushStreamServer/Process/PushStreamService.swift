import Foundation
import NginxConf

/// A push-stream process from start to end: limits, logs, pid file, the engine, signals.
struct PushStreamService {
    private let configuration: EngineConfiguration
    private let errorLog: LogDestination

    /// - Parameter fallbackErrorLog: `-e`, for a configuration that leaves the error log on standard error.
    init(_ configuration: EngineConfiguration, fallbackErrorLog: String?) {
        self.configuration = configuration
        var destination = configuration.process.errorLog
        if destination == .standardError, let path = fallbackErrorLog, path != "stderr" { destination = .file(path) }
        self.errorLog = destination
    }

    /// Serves until a signal ends it.
    ///
    /// - Throws: why it could not start, told in one line by its description.
    func run() async throws {
        let process = self.configuration.process
        // Before anything else, so that no signal meets its default effect.
        let signals = SignalStream()
        let log = try ErrorLog(self.errorLog, level: process.errorLogLevel)
        if let wanted = process.openFileLimit {
            let limit = ProcessLimits.raiseOpenFiles(to: wanted)
            if limit < wanted {
                log.log(.warn, "open files are limited below worker_rlimit_nofile", ["limit": "\(limit)", "wanted": "\(wanted)"])
            }
        }
        let engine = PushStreamEngine(configuration: self.configuration, log: log)
        let addresses = try await engine.start()
        let pidFile = process.pidFile.map(PIDFile.init(path:))
        do {
            try pidFile?.write()
            if let user = process.user {
                if geteuid() == 0 {
                    try ProcessLimits.become(user)
                } else {
                    log.log(.warn, "the \"user\" directive makes sense only if root starts the process, ignored")
                }
            }
        } catch {
            await engine.shutdown(gracePeriod: .zero)
            pidFile?.remove()
            throw error
        }
        log.log(.notice, "push-stream \(EngineVersion.number) started")
        for address in addresses { log.log(.notice, "listening", ["address": "\(address)"]) }
        await self.serve(engine, log, signals.events, pidFile)
        pidFile?.remove()
        log.log(.notice, "exit")
    }

    /// Obeys signals until one of them ends the engine.
    private func serve(
        _ engine: PushStreamEngine, _ log: ErrorLog, _ signals: AsyncStream<SignalStream.Event>, _ pidFile: PIDFile?
    ) async {
        for await event in signals {
            switch event {
            case .stop:
                log.log(.notice, "signal TERM or INT received, exiting")
                await engine.shutdown(gracePeriod: .zero)
                return
            case .quit:
                log.log(.notice, "signal QUIT received, gracefully shutting down")
                await self.drain(engine, log, signals, pidFile)
                return
            case .reopen: self.reopen(engine, log)
            case .reload: log.log(.warn, "signal HUP received, ignored: restart to apply a configuration")
            }
        }
    }

    /// Ends gracefully; TERM or INT meanwhile ends the process at once.
    private func drain(
        _ engine: PushStreamEngine, _ log: ErrorLog, _ signals: AsyncStream<SignalStream.Event>, _ pidFile: PIDFile?
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await event in signals where event == .stop {
                    log.log(.notice, "signal TERM or INT received, not waiting for subscribers")
                    pidFile?.remove()
                    exit(0)
                }
            }
            await engine.shutdown(gracePeriod: self.gracePeriod)
            // Ends the wait for signals.
            group.cancelAll()
        }
    }

    /// Without `worker_shutdown_timeout` nginx waits for the last client; streams that may last for ever need an end.
    private var gracePeriod: Duration {
        .milliseconds(self.configuration.process.shutdownTimeout ?? 60_000)
    }

    private func reopen(_ engine: PushStreamEngine, _ log: ErrorLog) {
        do throws(LogFileError) {
            try log.reopen()
            try engine.reopenLogs()
            log.log(.notice, "reopened logs")
        } catch {
            log.log(.emerg, "cannot reopen a log", ["reason": error.description])
        }
    }
}
