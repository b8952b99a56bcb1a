import Synchronization

/// The open files of the access logs of one configuration.
final class AccessLogs: Sendable {
    private struct Former: Sendable {
        weak let file: LogFile?
    }

    private let files: [LogFile]
    private let flushed: [LogFile]
    /// Files of earlier configurations: subscribers that are there from then write to them at their end.
    private let former: [Former]
    /// Opened anew for files that were open already.
    private let fresh: Mutex<[(known: LogFile, opened: LogFile)]>

    /// Opens every file. One that `earlier` has with the same settings goes on as it is, and with what was opened for it from
    /// ``commit()`` on.
    ///
    /// - Throws: `LogFileError` for one that cannot be opened.
    init(_ files: [AccessLogFile], after earlier: AccessLogs? = nil) throws(LogFileError) {
        var current: [LogFile] = []
        var fresh: [(known: LogFile, opened: LogFile)] = []
        for file in files {
            let opened = try LogFile(file.destination, bufferSize: file.bufferSize, flushTime: file.flushTime)
            if let known = earlier?.files.first(where: { $0.isAlike(opened) }) {
                fresh.append((known, opened))
                current.append(known)
            } else {
                current.append(opened)
            }
        }
        self.files = current
        self.fresh = Mutex(fresh)
        flushed = current.filter { $0.flushTime != nil }
        former =
            (earlier?.former.filter { $0.file != nil } ?? [])
            + (earlier?.files ?? []).filter { file in !current.contains { $0 === file } }.map(Former.init)
    }

    /// The configuration holds from now on.
    func commit() {
        let fresh = fresh.withLock { fresh in
            defer { fresh = [] }
            return fresh
        }
        for (known, opened) in fresh { known.take(from: opened) }
    }

    subscript(rule: AccessLogRule) -> LogFile { files[rule.file] }

    private var all: [LogFile] { files + former.compactMap(\.file) }

    /// Writes what has waited for its time.
    func flush(now: Int) {
        for file in flushed { file.flush(now: now) }
        for former in former { former.file?.flush(now: now) }
    }

    /// Writes whatever waits.
    func flushAll() {
        for file in all { file.flush() }
    }

    /// See ``LogFile/handOver(to:)``.
    func handOver(to user: ProcessUser) {
        for file in files { file.handOver(to: user) }
    }

    /// For `-s reopen`. See ``LogFile/reopen(_:)``.
    func reopen() throws(LogFileError) { try LogFile.reopen(all) }
}
