import Foundation

/// The file that tells `-s` which process to signal.
public struct PIDFile: Sendable {
    public let path: String

    public init(path: String) {
        self.path = path
    }

    /// Why the file cannot be used, in nginx's words.
    public struct Failure: Error, Equatable, CustomStringConvertible {
        public var description: String
    }

    /// Writes this process's id.
    public func write() throws(Failure) {
        let descriptor = open(self.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw self.failure("open", errno) }
        defer { close(descriptor) }
        let text = Array("\(getpid())\n".utf8)
        let written = text.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        guard written == text.count else { throw self.failure("write", errno) }
    }

    /// The process id that the file holds.
    public func read() throws(Failure) -> pid_t {
        let descriptor = open(self.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw self.failure("open", errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = bytes.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw self.failure("read", errno) }
        let text = String(decoding: bytes.prefix(count), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let pid = pid_t(text), pid > 0 else {
            throw Failure(description: "invalid PID number \"\(text)\" in \"\(self.path)\"")
        }
        return pid
    }

    /// Removes the file if it still is this process's.
    public func remove() {
        guard let pid = try? self.read(), pid == getpid() else { return }
        unlink(self.path)
    }

    private func failure(_ call: String, _ code: Int32) -> Failure {
        Failure(description: "\(call)() \"\(self.path)\" failed (\(code): \(String(cString: strerror(code))))")
    }
}
