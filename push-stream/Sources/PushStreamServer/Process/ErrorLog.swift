import FoundationEssentials
import Glibc
import Synchronization

/// The error log, with Nginx's levels and line format: `2026/01/31 23:59:59 [error] 123#0: text, key: value`.
public final class ErrorLog: Sendable {
    private struct Target {
        var file: LogFile
        var level: ErrorLogLevel
    }

    /// Less severe messages reach no file.
    public var level: ErrorLogLevel { ErrorLogLevel(rawValue: self.leastLevel.load(ordering: .relaxed)) ?? .debug }
    private let targets: Mutex<[Target]>
    private let leastLevel: Atomic<Int>
    private let timeZone: TimeZone
    private let hasStandardError = Atomic(false)

    /// - Throws: `LogFileError` if the file cannot be opened.
    public convenience init(_ destination: LogDestination, level: ErrorLogLevel = .error) throws(LogFileError) {
        try self.init([ErrorLogTarget(destination: destination, level: level)])
    }

    /// A log of several files, each with the level from which on it gets messages.
    ///
    /// - Throws: `LogFileError` if a file cannot be opened.
    public init(_ targets: [ErrorLogTarget]) throws(LogFileError) {
        var opened: [Target] = []
        for target in targets { opened.append(Target(file: try LogFile(target.destination), level: target.level)) }
        self.targets = Mutex(opened)
        self.leastLevel = Atomic((targets.map(\.level).min() ?? .emerg).rawValue)
        self.timeZone = .current
    }

    /// A log that keeps nothing.
    public static func discarding() throws(LogFileError) -> ErrorLog { try ErrorLog(.off) }

    /// - Parameters:
    ///   - message: a constant; what varies goes into `metadata`.
    ///   - metadata: appended in the order given. Control characters are escaped, so that no client forges a line.
    public func log(_ level: ErrorLogLevel, _ message: String, _ metadata: KeyValuePairs<String, String> = [:]) {
        guard level >= self.level else { return }
        var line = "\(LogTime.errorLog(Date(), in: self.timeZone)) [\(level.label)] \(getpid())#0: \(message)"
        for (key, value) in metadata {
            line += ", \(key): \(Self.escaped(value))"
        }
        // syslog counts severities the other way.
        let severity = ErrorLogLevel.emerg.rawValue - level.rawValue
        for target in self.targets.withLock({ $0 }) where level >= target.level { target.file.append(line, severity: severity) }
    }

    /// For `-s reopen`. A file that cannot be opened keeps none of the others from it.
    ///
    /// - Throws: `LogFileError` of the last that could not.
    public func reopen() throws(LogFileError) {
        defer { if self.hasStandardError.load(ordering: .relaxed) { self.takeStandardError() } }
        try LogFile.reopen(self.targets.withLock { $0.map(\.file) })
    }

    /// Goes on where another log writes, with its levels.
    public func adopt(_ other: ErrorLog) {
        let targets = other.targets.withLock { $0 }
        self.targets.withLock { $0 = targets }
        self.leastLevel.store(other.leastLevel.load(ordering: .relaxed), ordering: .relaxed)
        if self.hasStandardError.load(ordering: .relaxed) { self.takeStandardError() }
    }

    /// See ``LogFile/handOver(to:)``.
    func handOver(to user: ProcessUser) {
        for target in self.targets.withLock({ $0 }) { target.file.handOver(to: user) }
    }

    /// Standard error of a daemon goes to the first file of the log, unless standard error is the log.
    func takeStandardError() {
        self.hasStandardError.store(true, ordering: .relaxed)
        let files = self.targets.withLock { $0.map(\.file) }
        guard !files.contains(where: { $0.destination == .standardError }) else { return }
        for file in files {
            if case .file = file.destination { return file.takeStandardError() }
        }
    }

    static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            if scalar.value < 0x20 || scalar.value == 0x7f {
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\x" + (digits.count == 1 ? "0" : "") + digits
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }
}

extension ErrorLogLevel {
    /// As it stands between brackets in the log and in `error_log`.
    public var label: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .notice: "notice"
        case .warn: "warn"
        case .error: "error"
        case .crit: "crit"
        case .alert: "alert"
        case .emerg: "emerg"
        }
    }

    init?(label: String) {
        let all: [ErrorLogLevel] = [.debug, .info, .notice, .warn, .error, .crit, .alert, .emerg]
        guard let level = all.first(where: { $0.label == label }) else { return nil }
        self = level
    }
}
