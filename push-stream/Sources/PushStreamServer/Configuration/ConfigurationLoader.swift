import NginxConf
import PushStreamCore

/// A configuration file that was read and checked as a whole.
public struct LoadedConfiguration: Sendable {
    public var engine: EngineConfiguration
    /// Notices and warnings.
    public var diagnostics: [Diagnostic]
    /// Every file that was read, as `-T` prints them.
    public var files: [(path: String, contents: [UInt8])]
}

extension EngineConfiguration {
    /// Reads nginx.conf and everything that it includes. Nothing is opened but these files, and nothing is changed.
    ///
    /// - Parameters:
    ///   - path: of nginx.conf.
    ///   - prefix: what relative paths of logs and of the pid file start from, with a slash at its end; empty is the working directory.
    ///   - globalDirectives: the argument of `-g`.
    /// - Throws: the first error, in Nginx's words with file and line.
    public static func load(
        path: String,
        prefix: String = "",
        globalDirectives: String = "",
        files: ConfigurationFiles = .system
    ) throws(ConfigurationError) -> LoadedConfiguration {
        let parsed = try Parser.parse(path: path, globalDirectives: globalDirectives, files: files)
        var builder = ConfigurationBuilder(parsed, prefix: prefix)
        let engine = try builder.build()
        return LoadedConfiguration(engine: engine, diagnostics: parsed.diagnostics + builder.diagnostics, files: parsed.files)
    }
}

/// Turns checked directives into settings.
struct ConfigurationBuilder {
    let parsed: ParsedConfiguration
    let prefix: String
    /// The variables that `set` and named groups make anywhere in the configuration.
    let declared: Set<String>
    /// Every file of an access log, and every zone, in the order of the configuration.
    private(set) var accessLogFiles: [AccessLogFile] = []
    private(set) var zones: [ConnectionZone] = []
    var diagnostics: [Diagnostic] = []

    init(_ parsed: ParsedConfiguration, prefix: String) {
        self.parsed = parsed
        self.prefix = prefix
        self.declared = Self.declaredVariables(parsed.main)
    }

    mutating func build() throws(ConfigurationError) -> EngineConfiguration {
        let main = Scope(self.parsed.main)
        let process = try self.process(main)
        guard let http = main.block.first("http"), let block = http.block else {
            return EngineConfiguration(process: process, store: StoreSettings(), servers: [])
        }
        let scope = Scope(block, in: main)
        let store = try self.store(scope, main, at: http.location)
        self.noteErrorLogs(block)
        try self.checkLogFormats(block)
        self.accessLogFiles = try self.accessLogFiles(block)
        self.zones = try self.zones(block)
        var servers: [ServerSettings] = []
        var listeners = ListenerCheck()
        for directive in block.all("server") {
            guard let inner = directive.block else { continue }
            let server = try self.server(Scope(inner, in: scope), store: store, &listeners)
            servers.append(server)
        }
        try Self.checkCertificates(servers, block.all("server").map(\.location))
        self.noteProtocols(block)
        self.diagnostics += listeners.conflicts(servers)
        return EngineConfiguration(
            process: process, store: store, servers: servers, accessLogs: self.accessLogFiles, zones: self.zones,
            subscriberQueueSize: scope.number("push_stream_subscriber_queue_size")
                ?? EngineConfiguration.defaultSubscriberQueueSize)
    }

    // MARK: Shared by all levels

    func complex(_ name: String, _ scope: Scope) throws(ConfigurationError) -> ComplexValue? {
        guard let directive = scope.nearest(name) else { return nil }
        return try self.complex(directive.text, directive)
    }

    func complex(_ text: String, _ directive: Directive) throws(ConfigurationError) -> ComplexValue {
        try ComplexValue(text, declared: self.declared, at: directive.location)
    }

    /// A path of a log or pid file.
    func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : self.prefix + path
    }

    /// - Parameter directive: whose argument the text is.
    func destination(_ text: String, of directive: Directive) -> LogDestination {
        // Checked when it was read.
        if let target = try? SyslogTarget(text, of: directive) { return .syslog(target) }
        return switch text {
        case "off": .off
        case "stderr", "/dev/stderr": .standardError
        // Opening this device fails where standard output belongs to another user, as in containers.
        case "/dev/stdout": .standardOutput
        case "/dev/null": .off
        default: .file(self.absolute(text))
        }
    }

    private func checkLogFormats(_ http: Block) throws(ConfigurationError) {
        var names: Set<String> = ["combined"]
        for directive in http.all("log_format") {
            guard names.insert(directive.text).inserted else {
                throw directive.error("duplicate \"log_format\" name \"\(directive.text)\"")
            }
            _ = try LogFormat(directive, declared: self.declared)
        }
    }

    /// One log serves the whole process.
    private mutating func noteErrorLogs(_ block: Block) {
        for directive in block.directives {
            if directive.name == "error_log" {
                let message = "\"error_log\" directive has no effect: the one of the main level is for all levels"
                self.diagnostics.append(Diagnostic(.notice, message, at: directive.location))
            }
            if let inner = directive.block { self.noteErrorLogs(inner) }
        }
    }

    private static func declaredVariables(_ block: Block) -> Set<String> {
        var names: Set<String> = []
        for directive in block.directives {
            switch directive.name {
            case "set":
                names.insert(String(directive.text.dropFirst()))
            case "if":
                // Checked when it was read.
                if let condition = try? ConditionDirective(directive) { names.formUnion(condition.groupNames) }
            case "location":
                if case .expression(let expression)? = try? LocationPattern(directive) {
                    names.formUnion(expression.groupNames.keys)
                }
            default: break
            }
            if let inner = directive.block { names.formUnion(self.declaredVariables(inner)) }
        }
        return names
    }
}
