extension DirectiveTable {
    static let everywhere: DirectiveContexts = [.main, .events, .http, .server, .location, .serverIf, .locationIf, .types]

    /// The process, its logs and its event loops.
    static let process: [DirectiveSpecification] = [
        .init(
            "include", in: Self.everywhere, repeats: true,
            summary: "Reads another file, or each file that a pattern matches, in this place."),
        .init(
            "user", in: .main, 1...2,
            summary: "User and group that the process takes on after it has bound its ports, if root starts it."),
        .init(
            "worker_processes", in: .main, defaultValue: "1",
            summary:
                "Number of event loops; `auto` is one for each processor that the process may use, by affinity and control group."
        ) {
            directive throws(ConfigurationError) in
            guard directive.text == "auto" || Units.number(directive.text) != nil else {
                throw directive.error("\"worker_processes\" directive invalid value")
            }
        },
        .init("worker_rlimit_nofile", in: .main, 1...1, .number, summary: "Limit of open files of the process."),
        .init(
            "worker_shutdown_timeout", in: .main, 1...1, .milliseconds, defaultValue: "60s",
            summary: "How long a graceful stop may take before the last connections are closed."),
        .init("pid", in: .main, summary: "File that holds the process id while the server runs."),
        .init(
            "error_log", in: [.main, .http, .server, .location], 1...Int.max, repeats: true, defaultValue: "stderr error",
            summary:
                "File, `stderr` or `syslog:` server, and least level, of an error log. Several of the main level may stand together."
        ) { directive throws(ConfigurationError) in
            try Self.checkErrorLog(directive)
        },
        .init(
            "daemon", in: .main, 1...1, .flag, defaultValue: "off",
            summary:
                "`on` runs the server in the background. Nginx does so without the directive too; here a container or service manager is "
                + "the rule, which needs it in the foreground."),
        .init(
            "master_process", in: .main, 1...1, .flag, standing: .implied("one process runs all event loops"),
            summary: "Whether worker processes are started."),
        .init("events", in: .main, 0...0, block: .events, summary: "Holds the directives about connections."),
        .init("http", in: .main, 0...0, block: .http, summary: "Holds the directives about HTTP."),
        .init("worker_connections", in: .events, defaultValue: "512", summary: "Connections that one event loop holds at most.") {
            directive throws(ConfigurationError) in
            guard let number = Units.number(directive.text), number > 0 else {
                throw directive.error("invalid number \"\(directive.text)\"")
            }
        },
        .init(
            "multi_accept", in: .events, 1...1, .flag, standing: .implied("an event loop accepts all connections that wait"),
            summary: "Whether several connections are accepted at once."),
    ]

    private static let logLevels = ["debug", "info", "notice", "warn", "error", "crit", "alert", "emerg"]

    private static func checkErrorLog(_ directive: Directive) throws(ConfigurationError) {
        _ = try SyslogTarget(directive.text, of: directive)
        for (index, level) in directive.arguments.enumerated().dropFirst() {
            guard self.logLevels.contains(level) else { throw directive.error("invalid log level \"\(level)\"") }
            if index > 1 { throw directive.error("duplicate log level \"\(level)\"") }
        }
    }
}
