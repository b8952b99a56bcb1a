import FoundationEssentials
import Glibc
import PushSystem
import SystemPackage

/// The folder in which one Push Service keeps everything: Redis' files, the password, the sockets between its parts.
///
/// It is readable by its owner only, and locked while an object of this class lives.
final class DataDirectory: Sendable {
    enum Failure: Error, Equatable, CustomStringConvertible {
        case cannotCreate(path: String, reason: String)
        case cannotWrite(path: String, reason: String)
        case inUse(path: String)

        var description: String {
            switch self {
            case .cannotCreate(let path, let reason):
                return "cannot create the data directory \(path): \(reason) (choose another with --data-dir)"
            case .cannotWrite(let path, let reason):
                return
                    "cannot write in the data directory \(path): \(reason) (mend its permissions, or choose another with --data-dir)"
            case .inUse(let path):
                return "another push-service uses the data directory \(path) (end it, or choose another with --data-dir)"
            }
        }
    }

    let path: String
    /// Where the sockets are: the data directory, or a temporary folder when its path is too long for a socket's name.
    let socketFolder: String
    private let lock: Int32

    /// Creates the folder if need be and locks it.
    init(path: String) throws(Failure) {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .cannotCreate(path: path, reason: FileFailure.reason(of: error))
        }
        let lock = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw .cannotWrite(path: path, reason: String(cString: strerror(errno))) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw .inUse(path: path)
        }
        self.lock = lock
        // sockaddr_un has room for 107 bytes; the longest of our names is `/push-stream.sock`.
        if path.utf8.count + "/push-stream.sock".utf8.count <= 107 {
            self.socketFolder = path
        } else {
            var template = Array("/tmp/push-service.XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else {
                close(lock)
                throw .cannotWrite(path: "/tmp", reason: String(cString: strerror(errno)))
            }
            self.socketFolder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    deinit {
        if self.socketFolder != self.path { try? FileManager.default.removeItem(atPath: self.socketFolder) }
        close(self.lock)
    }

    var redisSocket: String { "\(self.socketFolder)/redis.sock" }
    var pushStreamSocket: String { "\(self.socketFolder)/push-stream.sock" }
    var redisFolder: String { "\(self.path)/redis" }
    var passwordFile: String { "\(self.path)/password" }

    /// Writes a file that only the owner can read, whole or not at all.
    func write(_ text: String, to file: String) throws(Failure) {
        let temporary = "\(file).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .cannotWrite(path: self.path, reason: String(cString: strerror(errno))) }
        let opened = FileDescriptor(rawValue: descriptor)
        do {
            try opened.closeAfter {
                try opened.writeAll(text.utf8)
                guard fsync(descriptor) == 0 else { throw Errno(rawValue: errno) }
            }
        } catch {
            throw .cannotWrite(path: self.path, reason: FileFailure.reason(of: error))
        }
        guard rename(temporary, file) == 0 else {
            throw .cannotWrite(path: self.path, reason: String(cString: strerror(errno)))
        }
    }

    /// The password of the publisher: the one kept from an earlier run, else a new one that is kept from now on.
    ///
    /// A new one has 127 random bits in characters that need no quoting in a shell or a URL.
    func password() throws(Failure) -> String {
        if let kept = try? String(contentsOfFile: self.passwordFile, encoding: .utf8) {
            let password = kept.filter { !$0.isWhitespace }
            if !password.isEmpty { return password }
        }
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
        let password = String((0..<22).map { _ in alphabet[Int.random(in: alphabet.indices, using: &random)] })
        try self.write(password + "\n", to: self.passwordFile)
        return password
    }
}
