import NginxConf

/// A file that access logs are written to.
public struct AccessLogFile: Sendable, Equatable {
    public var destination: LogDestination
    /// Bytes that are gathered before they are written; 0 writes each line at once.
    public var bufferSize = 0
    /// How long a gathered line may wait, in milliseconds; nil waits until the buffer is full.
    public var flushTime: Int?
}

/// One `access_log` of a location.
public struct AccessLogRule: Sendable {
    /// Index in ``EngineConfiguration/accessLogs``.
    public var file: Int
    public var format: LogFormat
    /// `if=`: no line while this is empty or `0`.
    public var condition: ComplexValue?
}

extension ConfigurationBuilder {
    /// Every file that an `access_log` anywhere names, once.
    func accessLogFiles(_ block: Block) throws(ConfigurationError) -> [AccessLogFile] {
        var files: [AccessLogFile] = []
        try self.collect(block, into: &files)
        return files
    }

    private func collect(_ block: Block, into files: inout [AccessLogFile]) throws(ConfigurationError) {
        for directive in block.directives {
            if let inner = directive.block { try self.collect(inner, into: &files) }
            guard directive.name == "access_log" else { continue }
            let log = try AccessLogDirective(directive)
            guard let path = log.path else { continue }
            let destination = self.destination(path, of: directive)
            guard let known = files.firstIndex(where: { $0.destination == destination }) else {
                files.append(AccessLogFile(destination: destination, bufferSize: log.buffer ?? 0, flushTime: log.flush))
                continue
            }
            guard let buffer = log.buffer else { continue }
            if files[known].bufferSize != 0, files[known].bufferSize != buffer || files[known].flushTime != log.flush {
                throw directive.error("access_log \"\(path)\" already defined with conflicting parameters")
            }
            (files[known].bufferSize, files[known].flushTime) = (buffer, log.flush)
        }
    }

    /// The access logs of a level.
    func accessLogs(_ scope: Scope) throws(ConfigurationError) -> [AccessLogRule] {
        var rules: [AccessLogRule] = []
        for directive in scope.nearestAll("access_log") {
            let log = try AccessLogDirective(directive)
            // One `off` silences the level.
            guard let path = log.path else { return [] }
            let destination = self.destination(path, of: directive)
            guard destination != .off, let file = self.accessLogFiles.firstIndex(where: { $0.destination == destination }) else {
                continue
            }
            var condition: ComplexValue?
            if let text = log.condition { condition = try self.complex(text, directive) }
            rules.append(AccessLogRule(file: file, format: try self.logFormat(log.format, directive), condition: condition))
        }
        return rules
    }

    private func logFormat(_ name: String, _ log: Directive) throws(ConfigurationError) -> LogFormat {
        if name == "combined" { return .combined }
        let formats = self.parsed.main.first("http")?.block?.all("log_format") ?? []
        guard let format = formats.first(where: { $0.text == name }) else {
            throw log.error("unknown log format \"\(name)\"")
        }
        return try LogFormat(format, declared: self.declared)
    }
}
