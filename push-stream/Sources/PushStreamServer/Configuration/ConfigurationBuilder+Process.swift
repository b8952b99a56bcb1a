import FoundationEssentials
import Glibc
import NginxConf
import Synchronization

extension ConfigurationBuilder {
    mutating func process(_ main: Scope) throws(ConfigurationError) -> ProcessSettings {
        let events = main.block.first("events")?.block.map { Scope($0) }
        let logs = self.errorLogs(main)
        let isDaemon = main.flag("daemon") ?? false
        if isDaemon, main.nearest("pid") == nil {
            let message = "no \"pid\" directive: \"-s\" will not find the daemon"
            self.diagnostics.append(Diagnostic(.warn, message, at: main.nearest("daemon")?.location))
        }
        return ProcessSettings(
            eventLoops: try self.eventLoops(main),
            connectionsPerLoop: events?.nearest("worker_connections").flatMap { Units.number($0.text) } ?? 512,
            openFileLimit: main.number("worker_rlimit_nofile"),
            pidFile: main.text("pid").map(self.absolute),
            errorLog: logs.first?.destination ?? .standardError,
            errorLogLevel: logs.first?.level ?? .error,
            moreErrorLogs: Array(logs.dropFirst()),
            shutdownTimeout: main.number("worker_shutdown_timeout"),
            user: try self.user(main),
            isDaemon: isDaemon,
            namesErrorLog: !logs.isEmpty
        )
    }

    private mutating func errorLogs(_ main: Scope) -> [ErrorLogTarget] {
        var logs: [ErrorLogTarget] = []
        for directive in main.block.all("error_log") {
            // Checked when it was read; without a level it is the least severe that Nginx writes without asking.
            let level = directive.arguments.count > 1 ? ErrorLogLevel(label: directive.arguments[1]) : nil
            if directive.text.hasPrefix("memory:") {
                let message =
                    "\"memory:\" destination of the \"error_log\" directive has no effect: it is for a debugger of nginx"
                self.diagnostics.append(Diagnostic(.notice, message, at: directive.location))
            } else {
                let destination = self.destination(directive.text, of: directive)
                logs.append(ErrorLogTarget(destination: destination, level: level ?? .error))
            }
        }
        return logs
    }

    private func eventLoops(_ main: Scope) throws(ConfigurationError) -> Int {
        guard let directive = main.nearest("worker_processes") else { return 1 }
        guard directive.text != "auto", let number = Units.number(directive.text) else {
            return ProcessorCount.available()
        }
        guard (1...1024).contains(number) else {
            throw directive.error("number of worker processes must be between 1 and 1024, or \"auto\"")
        }
        return number
    }

    private mutating func user(_ main: Scope) throws(ConfigurationError) -> ProcessUser? {
        guard let directive = main.nearest("user") else { return nil }
        guard geteuid() == 0 || ProcessLimits.rootWasGivenUp.load(ordering: .relaxed) else {
            let message =
                "the \"user\" directive makes sense only if the master process runs with super-user privileges, ignored"
            self.diagnostics.append(Diagnostic(.warn, message, at: directive.location))
            return nil
        }
        let group = directive.arguments.count > 1 ? directive.arguments[1] : directive.text
        guard let account = getpwnam(directive.text) else { throw directive.error("getpwnam(\"\(directive.text)\") failed") }
        let userID = account.pointee.pw_uid
        guard let entry = getgrnam(group) else { throw directive.error("getgrnam(\"\(group)\") failed") }
        return ProcessUser(name: directive.text, userID: userID, groupID: entry.pointee.gr_gid)
    }
}
