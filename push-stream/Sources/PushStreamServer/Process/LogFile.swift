import FoundationEssentials
import Glibc
import Synchronization

/// A log that several threads append whole lines to, and that can be reopened after it was moved away (`-s reopen`).
public final class LogFile: Sendable {
    public let destination: LogDestination
    private let syslog: SyslogSocket?
    /// How long a line may wait in the buffer, in milliseconds; nil waits until the buffer is full.
    let flushTime: Int?
    private let bufferSize: Int

    /// Whether another log writes to the same place in the same way.
    func isAlike(_ other: LogFile) -> Bool {
        self.destination == other.destination && self.bufferSize == other.bufferSize && self.flushTime == other.flushTime
    }

    private struct State {
        /// -1 where nothing is open.
        var descriptor: Int32
        var buffer: [UInt8] = []
        /// When the oldest line of the buffer came, in milliseconds since 1970.
        var since = 0
    }

    private let state: Mutex<State>

    /// - Parameters:
    ///   - bufferSize: bytes that are gathered before they are written; 0 writes each line at once.
    ///   - flushTime: how long a line may wait in the buffer, in milliseconds.
    /// - Throws: `LogFileError` if the file cannot be opened for appending.
    public init(_ destination: LogDestination, bufferSize: Int = 0, flushTime: Int? = nil) throws(LogFileError) {
        self.destination = destination
        if case .syslog(let target) = destination { self.syslog = SyslogSocket(target) } else { self.syslog = nil }
        self.bufferSize = bufferSize
        self.flushTime = flushTime
        self.state = Mutex(State(descriptor: try Self.open(destination)))
    }

    deinit {
        self.state.withLock { state in
            Self.write(&state)
            if case .file = self.destination, state.descriptor >= 0 { close(state.descriptor) }
        }
    }

    /// Writes `line` and a line feed with one system call, or gathers it. A line that cannot be written (full disk, closed pipe) is
    /// lost: a log must not stop the service.
    ///
    /// - Parameters:
    ///   - severity: for a syslog server, 0 to 7; nil for the one that the configuration says.
    ///   - now: milliseconds since 1970, from which the time in a buffer counts.
    public func append(_ line: String, severity: Int? = nil, now: Int = 0) {
        guard self.destination != .off else { return }
        if let syslog = self.syslog { return syslog.send(line, severity: severity) }
        self.state.withLock { state in
            if state.buffer.count + line.utf8.count >= self.bufferSize { Self.write(&state) }
            if state.buffer.isEmpty { state.since = now }
            state.buffer += line.utf8
            state.buffer.append(UInt8(ascii: "\n"))
            if state.buffer.count > self.bufferSize { Self.write(&state) }
        }
    }

    /// Writes what has waited for its time.
    func flush(now: Int) {
        guard let flushTime else { return }
        self.state.withLock { state in
            if !state.buffer.isEmpty, now - state.since >= flushTime { Self.write(&state) }
        }
    }

    /// Writes what waits.
    func flush() {
        self.state.withLock { Self.write(&$0) }
    }

    private static func write(_ state: inout State) {
        let descriptor = state.descriptor
        state.buffer.withUnsafeBytes { bytes in
            var start = 0
            while descriptor >= 0, start < bytes.count {
                let written = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: start), bytes.count - start)
                if written < 0 {
                    if errno == EINTR { continue }
                    return
                }
                start += written
            }
        }
        state.buffer.removeAll(keepingCapacity: true)
    }

    /// Goes on with the file that another log has opened, after what waits is written to the old one. The other log is spent.
    func take(from other: LogFile) {
        let fresh = other.state.withLock { state in
            defer { state.descriptor = -1 }
            return state.descriptor
        }
        let old = self.state.withLock { state in
            Self.write(&state)
            defer { state.descriptor = fresh }
            return state.descriptor
        }
        if case .file = self.destination, old >= 0 { close(old) }
    }

    /// Whether a log could be opened, for `-t`. Makes no file: a server that opens its log at this moment would lose it.
    static func check(_ destination: LogDestination) throws(LogFileError) {
        guard case .file(let path) = destination else { return }
        let known = Glibc.open(path, Self.flags & ~O_CREAT)
        if known >= 0 {
            close(known)
            return
        }
        guard errno == ENOENT else { throw LogFileError(path: path, code: errno) }
        let folder = URL(filePath: path).deletingLastPathComponent().path
        guard faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0 else { throw LogFileError(path: path, code: errno) }
    }

    /// Opens the file by its name again. On failure the old file stays in use.
    public func reopen() throws(LogFileError) {
        guard case .file = self.destination else { return self.flush() }
        let fresh = try Self.open(self.destination)
        let old = self.state.withLock { state in
            Self.write(&state)
            defer { state.descriptor = fresh }
            return state.descriptor
        }
        if old >= 0 { close(old) }
    }

    /// Opens each file by its name again.
    ///
    /// - Throws: `LogFileError` of the last that cannot be opened, when all have been tried.
    static func reopen(_ files: [LogFile]) throws(LogFileError) {
        var failure: LogFileError?
        for file in files {
            do throws(LogFileError) { try file.reopen() } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Gives the file to the user that the process is about to become, who else could not open it again (`-s reopen`).
    func handOver(to user: ProcessUser) {
        guard case .file(let path) = self.destination else { return }
        self.state.withLock { state in
            let descriptor = state.descriptor
            var (opened, named) = (stat(), stat())
            // Devices and pipes are others'. So is what a link in the folder leads to, which may be that user's own doing.
            guard fstat(descriptor, &opened) == 0, opened.st_mode & S_IFMT == S_IFREG, opened.st_uid != user.userID,
                lstat(path, &named) == 0, named.st_ino == opened.st_ino, named.st_dev == opened.st_dev, opened.st_nlink == 1
            else { return }
            // Where it fails, the file is used as it is: it is open.
            _ = fchown(descriptor, user.userID, gid_t.max)
        }
    }

    /// Lets what the system writes to standard error, such as the last words of a crash, go to this file.
    func takeStandardError() {
        guard case .file = self.destination else { return }
        self.state.withLock { _ = dup2($0.descriptor, STDERR_FILENO) }
    }

    /// A pipe that nobody reads is refused, and one whose reader is slow loses lines: neither may hold up the service.
    private static let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK

    private static func open(_ destination: LogDestination) throws(LogFileError) -> Int32 {
        switch destination {
        case .standardError: return STDERR_FILENO
        case .standardOutput: return STDOUT_FILENO
        case .off, .syslog: return -1
        case .file(let path):
            let descriptor = Glibc.open(path, Self.flags, 0o644)
            guard descriptor >= 0 else { throw LogFileError(path: path, code: errno) }
            return descriptor
        }
    }
}

/// A log file that cannot be opened, told in Nginx's words.
public struct LogFileError: Error, Equatable, CustomStringConvertible {
    public var path: String
    /// `errno`
    public var code: Int32

    public var description: String { "open() \"\(self.path)\" failed (\(self.code): \(String(cString: strerror(self.code))))" }
}
