import Foundation
import NginxConf

extension ConfigurationBuilder {
    mutating func process(_ main: Scope) throws(ConfigurationError) -> ProcessSettings {
        let events = main.block.first("events")?.block.map { Scope($0) }
        let log = main.nearest("error_log")
        // Checked against the levels when it was read; alone it is the least severe that Nginx writes without asking.
        let level = log.flatMap { $0.arguments.count > 1 ? ErrorLogLevel(label: $0.arguments[1]) : nil } ?? .error
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
            errorLog: log.map { self.destination($0.text) } ?? .standardError,
            errorLogLevel: level,
            shutdownTimeout: main.number("worker_shutdown_timeout"),
            user: try self.user(main),
            isDaemon: isDaemon,
            namesErrorLog: log != nil
        )
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
        guard geteuid() == 0 else {
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
