import FoundationEssentials
import Glibc
import Synchronization

/// The file that tells `-s` which process to signal.
///
/// The process that serves holds a lock on it. So a second one with the same file is refused, and a file that a process left behind
/// when it was killed is known for what it is, even when another program has got its number meanwhile.
public final class PIDFile: Sendable {
    public let path: String

    /// Open and locked while this process has the file; else -1.
    private let descriptor = Mutex<Int32>(-1)

    public init(path: String) {
        self.path = path
    }

    deinit {
        let descriptor = self.descriptor.withLock { $0 }
        if descriptor >= 0 { close(descriptor) }
    }

    /// Why the file cannot be used, in nginx's words where it has such.
    public struct Failure: Error, Equatable, CustomStringConvertible {
        public var description: String
    }

    // MARK: The process that serves

    /// Takes the file for this process, and empties it: what it held is nobody's number any more.
    ///
    /// - Throws: if it cannot be opened, or if a running push-stream has it.
    public func acquire() throws(Failure) {
        guard self.descriptor.withLock({ $0 }) < 0 else { return }
        var attempts = 0
        while true {
            let descriptor = open(self.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
            guard descriptor >= 0 else { throw self.failure("open", errno) }
            var lock = Self.wholeFile
            // A file system that knows no locks is no reason not to serve.
            if fcntl(descriptor, Self.setLock, &lock) != 0, errno == EAGAIN || errno == EACCES {
                close(descriptor)
                let owner = (try? self.read()).map { " with process id \($0)" } ?? ""
                throw Failure(description: "push-stream already runs\(owner): it holds \"\(self.path)\"")
            }
            // A process that ends may have removed the file between the two calls. Some file systems number a file anew each time.
            attempts += 1
            if Self.isOpen(descriptor, at: self.path) || attempts == 100 {
                _ = ftruncate(descriptor, 0)
                return self.descriptor.withLock { $0 = descriptor }
            }
            close(descriptor)
        }
    }

    /// Whether this process has the file already, perhaps under another name.
    func isHeld(at path: String) -> Bool {
        self.descriptor.withLock { $0 >= 0 && Self.isOpen($0, at: path) }
    }

    private static func isOpen(_ descriptor: Int32, at path: String) -> Bool {
        var (mine, named) = (stat(), stat())
        return fstat(descriptor, &mine) == 0 && stat(path, &named) == 0 && mine.st_ino == named.st_ino
            && mine.st_dev == named.st_dev
    }

    #if os(Linux)
        /// Locks of the open file, not of the process, whose lock ends when it closes any other descriptor of the file
        /// (`F_OFD_SETLK` and `F_OFD_GETLK` of fcntl(2), which Glibc's module leaves out).
        private static let (setLock, getLock): (Int32, Int32) = (37, 36)
    #else
        private static let (setLock, getLock) = (F_SETLK, F_GETLK)
    #endif

    /// Writes this process's id; takes the file if that has not been done.
    public func write() throws(Failure) {
        try self.acquire()
        let text = Array("\(getpid())\n".utf8)
        let code = self.descriptor.withLock { descriptor -> Int32 in
            guard ftruncate(descriptor, 0) == 0 else { return errno }
            let written = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
            guard written == text.count else { return written < 0 ? errno : ENOSPC }
            return 0
        }
        guard code == 0 else { throw self.failure("write", code) }
    }

    /// Gives the file up, and removes it if it still is this process's.
    public func remove() {
        self.descriptor.withLock { descriptor in
            guard descriptor >= 0 else { return }
            // Where `user` has taken away the right to remove it, an empty file says the same.
            if Self.isOpen(descriptor, at: self.path), unlink(self.path) != 0 { _ = ftruncate(descriptor, 0) }
            close(descriptor)
            descriptor = -1
        }
    }

    /// Whether a process could take the file, for `-t`. Leaves everything as it was.
    public func check() throws(Failure) {
        let fresh = open(self.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        if fresh >= 0 {
            unlink(self.path)
            close(fresh)
            return
        }
        guard errno == EEXIST else { throw self.failure("open", errno) }
        let known = open(self.path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        guard known >= 0 else { throw self.failure("open", errno) }
        close(known)
    }

    // MARK: Others

    /// The process id that the file holds.
    public func read() throws(Failure) -> pid_t {
        let descriptor = open(self.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw self.failure("open", errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw self.failure("read", errno) }
        let text = String(decoding: bytes.prefix(count), as: UTF8.self).filter { !$0.isWhitespace }
        guard let pid = pid_t(text), pid > 0 else {
            throw Failure(description: "invalid PID number \"\(text)\" in \"\(self.path)\"")
        }
        return pid
    }

    /// The process id of the push-stream that has the file.
    ///
    /// - Throws: if the file cannot be read, or if no process has it: then it was left behind, or is another program's.
    public func owner() throws(Failure) -> pid_t {
        let pid = try self.read()
        let descriptor = open(self.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw self.failure("open", errno) }
        defer { close(descriptor) }
        var lock = Self.wholeFile
        guard fcntl(descriptor, Self.getLock, &lock) != 0 || lock.l_type != Int16(F_UNLCK) else {
            let reason = "no running push-stream has it, so nothing was signalled; remove the file if no other program needs it"
            throw Failure(description: "process id \(pid) in \"\(self.path)\" is stale: \(reason)")
        }
        return pid
    }

    private static var wholeFile: flock {
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        return lock
    }

    private func failure(_ call: String, _ code: Int32) -> Failure {
        Failure(description: "\(call)() \"\(self.path)\" failed (\(code): \(String(cString: strerror(code))))")
    }
}
