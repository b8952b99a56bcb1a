import FoundationEssentials
import Glibc
import NIOCore
import NginxConf

/// A push-stream process from start to end: limits, logs, pid file, the engine, signals.
struct PushStreamService {
    private let configuration: EngineConfiguration
    private let signals: SignalStream
    /// Whom to tell that the start has succeeded.
    private let readiness: Daemon.Readiness?
    private let load: ConfigurationReloader.Load

    /// - Parameter load: reads the configuration again, for HUP.
    init(
        _ configuration: EngineConfiguration, signals: SignalStream, readiness: Daemon.Readiness?,
        load: @escaping ConfigurationReloader.Load
    ) {
        self.configuration = configuration
        self.signals = signals
        self.readiness = readiness
        self.load = load
    }

    /// Serves until a signal ends it.
    ///
    /// - Throws: why it could not start, told in one line by its description.
    func run() async throws {
        let process = self.configuration.process
        self.signals.takeEndings()
        let log = try ErrorLog(process.errorLogs)
        ProcessLimits.raiseOpenFiles(process, log)
        // Before the ports: a second server with this file must not serve for a moment.
        let pidFile = process.pidFile.map(PIDFile.init(path:))
        try pidFile?.acquire()
        let engine = PushStreamEngine(configuration: self.configuration, log: log)
        let addresses: [SocketAddress]
        do {
            addresses = try await engine.start()
            try pidFile?.write()
            if let user = process.user {
                log.handOver(to: user)
                engine.handOverLogs(to: user)
                try ProcessLimits.become(user)
            }
        } catch {
            await engine.shutdown(gracePeriod: .zero)
            pidFile?.remove()
            throw error
        }
        log.log(
            .notice, "push-stream \(EngineVersion.number) started",
            ["pid": "\(getpid())", "event loops": "\(process.eventLoops)"])
        for address in addresses { log.log(.notice, "listening", ["address": address.listenName]) }
        if let readiness = self.readiness {
            log.takeStandardError()
            readiness.tell()
        }
        let reloader = ConfigurationReloader(
            load: self.load, engine: engine, log: log, process: process, pidFile: pidFile)
        await self.serve(engine, log, self.signals.events, reloader)
        log.log(.notice, "exit")
    }

    /// Obeys signals until one of them ends the engine.
    private func serve(
        _ engine: PushStreamEngine, _ log: ErrorLog, _ signals: AsyncStream<SignalStream.Event>,
        _ reloader: ConfigurationReloader
    ) async {
        let (reloads, requests) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(16))
        // Beside the other signals, one after another.
        let reloading = Task { for await _ in reloads { await reloader.reload() } }
        defer { reloading.cancel() }
        for await event in signals {
            switch event {
            case .stop:
                log.log(.notice, "signal TERM or INT received, exiting")
                await self.end(engine, log, signals, reloader, isGraceful: false)
                return
            case .quit:
                log.log(.notice, "signal QUIT received, gracefully shutting down")
                await self.end(engine, log, signals, reloader, isGraceful: true)
                return
            case .reopen: self.reopen(engine, log)
            case .upgrade:
                log.log(
                    .warn,
                    "signal USR2 received, ignored: the program cannot be replaced while it serves; stop it and start the new one"
                )
            case .reload:
                log.log(.notice, "signal HUP received, reconfiguring")
                requests.yield()
            }
        }
    }

    /// Ends the engine. TERM or INT meanwhile ends the wait for subscribers; after TERM it changes nothing, since service managers may
    /// send it beside `-s stop`. The next ends the process, whatever it waits for: a reload may hang in a file system.
    private func end(
        _ engine: PushStreamEngine, _ log: ErrorLog, _ signals: AsyncStream<SignalStream.Event>,
        _ reloader: ConfigurationReloader, isGraceful: Bool
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                var isWaiting = true
                for await event in signals where event == .stop {
                    guard isWaiting else {
                        log.log(.alert, "signal TERM or INT received again, not waiting for the end")
                        engine.flushLogs()
                        exit(1)
                    }
                    isWaiting = false
                    log.log(.notice, "signal TERM or INT received, not waiting for subscribers")
                    engine.cutShort()
                }
            }
            let period = isGraceful ? await reloader.process.shutdownTimeout ?? ProcessSettings.usualShutdownTimeout : 0
            await engine.shutdown(gracePeriod: .milliseconds(period))
            await reloader.removePIDFile()
            // Ends the wait for signals.
            group.cancelAll()
        }
    }

    private func reopen(_ engine: PushStreamEngine, _ log: ErrorLog) {
        for reopen in [log.reopen, engine.reopenLogs] {
            do throws(LogFileError) {
                try reopen()
            } catch {
                log.log(.emerg, "cannot reopen a log", ["reason": error.description])
            }
        }
        log.log(.notice, "reopened logs")
    }
}
