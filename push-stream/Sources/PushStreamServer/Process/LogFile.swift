import Foundation
import Synchronization

/// A log that several threads append whole lines to, and that can be reopened after it was moved away (`-s reopen`).
public final class LogFile: Sendable {
    public let destination: LogDestination
    /// -1 where nothing is open.
    private let descriptor: Mutex<Int32>

    /// - Throws: `LogFileError` if the file cannot be opened for appending.
    public init(_ destination: LogDestination) throws(LogFileError) {
        self.destination = destination
        self.descriptor = Mutex(try Self.open(destination))
    }

    deinit {
        self.descriptor.withLock { descriptor in
            if case .file = self.destination, descriptor >= 0 { close(descriptor) }
        }
    }

    /// Writes `line` and a line feed with one system call. A line that cannot be written (full disk, closed pipe) is lost: a
    /// log must not stop the service.
    public func append(_ line: String) {
        guard self.destination != .off else { return }
        var bytes = Array(line.utf8)
        bytes.append(UInt8(ascii: "\n"))
        self.descriptor.withLock { descriptor in
            guard descriptor >= 0 else { return }
            var start = 0
            while start < bytes.count {
                let written = bytes[start...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if written < 0 {
                    if errno == EINTR { continue }
                    return
                }
                start += written
            }
        }
    }

    /// Opens the file by its name again. On failure the old file stays in use.
    public func reopen() throws(LogFileError) {
        guard case .file = self.destination else { return }
        let fresh = try Self.open(self.destination)
        let old = self.descriptor.withLock { descriptor in
            defer { descriptor = fresh }
            return descriptor
        }
        if old >= 0 { close(old) }
    }

    /// Gives the file to the user that the process is about to become, who else could not open it again (`-s reopen`).
    func handOver(to user: ProcessUser) {
        guard case .file = self.destination else { return }
        self.descriptor.withLock { descriptor in
            var status = stat()
            // Devices and pipes are others'.
            guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid != user.userID else {
                return
            }
            // Where it fails, the file is used as it is: it is open.
            _ = fchown(descriptor, user.userID, gid_t.max)
        }
    }

    /// Lets what the system writes to standard error, such as the last words of a crash, go to this file.
    func takeStandardError() {
        guard case .file = self.destination else { return }
        self.descriptor.withLock { _ = dup2($0, STDERR_FILENO) }
    }

    private static func open(_ destination: LogDestination) throws(LogFileError) -> Int32 {
        switch destination {
        case .standardError: return STDERR_FILENO
        case .standardOutput: return STDOUT_FILENO
        case .off: return -1
        case .file(let path):
            let descriptor = Foundation.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
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
