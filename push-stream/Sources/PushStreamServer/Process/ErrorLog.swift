import Foundation
import Synchronization

/// The error log, with Nginx's levels and line format: `2026/01/31 23:59:59 [error] 123#0: text, key: value`.
public final class ErrorLog: Sendable {
    /// Less severe messages are dropped.
    public var level: ErrorLogLevel { self.target.withLock { $0.level } }
    private let target: Mutex<(file: LogFile, level: ErrorLogLevel)>
    private let timeZone: TimeZone
    private let hasStandardError = Atomic(false)

    /// - Throws: `LogFileError` if the file cannot be opened.
    public init(_ destination: LogDestination, level: ErrorLogLevel = .error) throws(LogFileError) {
        self.target = Mutex((try LogFile(destination), level))
        self.timeZone = .current
    }

    /// A log that keeps nothing.
    public static func discarding() throws(LogFileError) -> ErrorLog { try ErrorLog(.off) }

    /// - Parameters:
    ///   - message: a constant; what varies goes into `metadata`.
    ///   - metadata: appended in the order given. Control characters are escaped, so that no client forges a line.
    public func log(_ level: ErrorLogLevel, _ message: String, _ metadata: KeyValuePairs<String, String> = [:]) {
        let target = self.target.withLock { $0 }
        guard level >= target.level else { return }
        var line = "\(LogTime.errorLog(Date(), in: self.timeZone)) [\(level.label)] \(getpid())#0: \(message)"
        for (key, value) in metadata {
            line += ", \(key): \(Self.escaped(value))"
        }
        target.file.append(line)
    }

    /// For `-s reopen`.
    public func reopen() throws(LogFileError) {
        let file = self.target.withLock { $0.file }
        try file.reopen()
        if self.hasStandardError.load(ordering: .relaxed) { file.takeStandardError() }
    }

    /// Goes on where another log writes, with its level.
    public func adopt(_ other: ErrorLog) {
        let target = other.target.withLock { $0 }
        self.target.withLock { $0 = target }
        if self.hasStandardError.load(ordering: .relaxed) { target.file.takeStandardError() }
    }

    /// See ``LogFile/handOver(to:)``.
    func handOver(to user: ProcessUser) { self.target.withLock { $0.file }.handOver(to: user) }

    /// Standard error of a daemon goes to the log, unless it is the log.
    func takeStandardError() {
        self.hasStandardError.store(true, ordering: .relaxed)
        self.target.withLock { $0.file }.takeStandardError()
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
