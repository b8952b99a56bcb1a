import Dispatch
import NIOCore
import NginxConf

/// Applies a changed configuration to the running process (`-s reload`, HUP), and reports what became of it in the error log.
actor ConfigurationReloader {
    typealias Load = @Sendable () throws(ConfigurationError) -> LoadedConfiguration

    private let load: Load
    private let engine: PushStreamEngine
    private let log: ErrorLog
    /// What the process was started with, of which some holds until its end.
    private let started: ProcessSettings
    private(set) var process: ProcessSettings
    private var pidFile: PIDFile?

    /// - Parameters:
    ///   - load: reads the configuration from where the process got its first one.
    ///   - pidFile: as it is written by now.
    init(load: @escaping Load, engine: PushStreamEngine, log: ErrorLog, process: ProcessSettings, pidFile: PIDFile?) {
        self.load = load
        self.engine = engine
        self.log = log
        self.started = process
        self.process = process
        self.pidFile = pidFile
    }

    /// Reads and checks the whole configuration, then applies it. One that cannot be applied changes nothing.
    func reload() async {
        do {
            let loaded = try await self.read()
            for diagnostic in loaded.diagnostics { self.tell(diagnostic) }
            try await self.apply(loaded.engine)
        } catch EngineError.notRunning {
            // The process is about to end.
        } catch {
            self.engine.refuseConfiguration()
            if let error = error as? ConfigurationError { self.tell(error.diagnostic) } else { self.log.log(.emerg, "\(error)") }
            self.log.log(.error, "the configuration has not changed")
        }
    }

    /// Removes the pid file, wherever it is by now.
    func removePIDFile() {
        self.pidFile?.remove()
        self.pidFile = nil
    }

    /// Reads on a thread of its own: a file system that hangs must not keep the other signals from being obeyed.
    private func read() async throws -> LoadedConfiguration {
        let load = self.load
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try load() }) }
        }
    }

    private func apply(_ configuration: EngineConfiguration) async throws {
        let process = configuration.process
        let log = try ErrorLog(process.errorLogs)
        let isMoved = process.pidFile != self.pidFile?.path && process.pidFile.map { self.pidFile?.isHeld(at: $0) } != true
        let pidFile = isMoved ? process.pidFile.map(PIDFile.init(path:)) : self.pidFile
        if isMoved { try pidFile?.write() }
        let result: ReloadResult
        do throws(EngineError) {
            result = try await self.engine.reload(configuration)
        } catch {
            if isMoved { pidFile?.remove() }
            throw error
        }
        // Nothing fails from here on.
        self.log.adopt(log)
        if isMoved { self.pidFile?.remove() }
        self.pidFile = pidFile
        self.process = process
        ProcessLimits.raiseOpenFiles(process, self.log)
        let needsRestart = result.needsRestart + process.needsRestart(from: self.started)
        if !needsRestart.isEmpty {
            self.log.log(.warn, "changes that take effect with a restart", ["directives": needsRestart.joined(separator: ", ")])
        }
        for address in result.opened { self.log.log(.notice, "listening", ["address": address.listenName]) }
        self.log.log(.notice, "configuration applied")
    }

    private func tell(_ diagnostic: Diagnostic) {
        let place = diagnostic.location.map { " in \($0)" } ?? ""
        self.log.log(ErrorLogLevel(label: diagnostic.level.rawValue) ?? .emerg, ErrorLog.escaped(diagnostic.message + place))
    }
}

extension ProcessSettings {
    /// Directives that say something else than at the start, and hold for a process from its start to its end.
    func needsRestart(from started: ProcessSettings) -> [String] {
        var directives: [String] = []
        if self.user != started.user { directives.append("user") }
        if self.isDaemon != started.isDaemon { directives.append("daemon") }
        return directives
    }
}
