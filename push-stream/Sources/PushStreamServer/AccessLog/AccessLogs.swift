/// The open files of the access logs of one configuration.
final class AccessLogs: Sendable {
    private let files: [LogFile]
    private let flushed: [LogFile]

    /// - Throws: `LogFileError` for one that cannot be opened.
    init(_ files: [AccessLogFile]) throws(LogFileError) {
        var opened: [LogFile] = []
        for file in files {
            opened.append(try LogFile(file.destination, bufferSize: file.bufferSize, flushTime: file.flushTime))
        }
        self.files = opened
        flushed = opened.filter { $0.flushTime != nil }
    }

    subscript(rule: AccessLogRule) -> LogFile { files[rule.file] }

    /// Writes what has waited for its time.
    func flush(now: Int) {
        for file in flushed { file.flush(now: now) }
    }

    /// Writes whatever waits.
    func flushAll() {
        for file in files { file.flush() }
    }

    /// See ``LogFile/handOver(to:)``.
    func handOver(to user: ProcessUser) {
        for file in files { file.handOver(to: user) }
    }

    /// For `-s reopen`.
    func reopen() throws(LogFileError) {
        for file in files { try file.reopen() }
    }
}
