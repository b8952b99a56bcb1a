import FoundationEssentials
import Glibc

/// A file that is being sent. Its descriptor is closed with it.
final class OpenFile: Sendable {
    let size: Int
    /// Seconds since 1970.
    let modified: Int
    private let descriptor: Int32

    private init(descriptor: Int32, size: Int, modified: Int) {
        self.descriptor = descriptor
        self.size = size
        self.modified = modified
    }

    deinit { close(descriptor) }

    /// Nginx's form: time and size, hexadecimal.
    var tag: String { "\"\(String(modified, radix: 16))-\(String(size, radix: 16))\"" }

    /// Why a path is not sent.
    enum Failure: Error, Equatable {
        case isFolder
        /// `errno`; 0 for what is no ordinary file.
        case system(Int32)

        /// The status that a client gets.
        var status: Int {
            switch self {
            case .isFolder: 404
            case .system(ENOENT), .system(ENOTDIR), .system(ENAMETOOLONG), .system(0): 404
            case .system(EACCES): 403
            case .system: 500
            }
        }
    }

    // What follows waits for the disk: it belongs on a thread that may wait.

    static func open(_ path: String) throws(Failure) -> OpenFile {
        // Without O_NONBLOCK a named pipe would hold the thread until somebody writes to it.
        let descriptor = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw .system(errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw .system(code)
        }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG else {
            close(descriptor)
            throw kind == S_IFDIR ? .isFolder : .system(0)
        }
        return OpenFile(descriptor: descriptor, size: Int(status.st_size), modified: Int(status.st_mtim.tv_sec))
    }

    /// Fills a piece of memory from a place in the file.
    ///
    /// - Returns: bytes read; fewer than asked for at the end of the file. Nil if it cannot be read.
    func read(at offset: Int, into bytes: UnsafeMutableRawBufferPointer) -> Int? {
        var count = 0
        while count < bytes.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[count...])
            let taken = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + count))
            if taken == 0 { break }
            if taken < 0 {
                if errno == EINTR { continue }
                return nil
            }
            count += taken
        }
        return count
    }

    enum Kind {
        case file, folder, nothing
    }

    static func kind(of path: String) -> Kind {
        var status = stat()
        guard stat(path, &status) == 0 else { return .nothing }
        return status.st_mode & S_IFMT == S_IFDIR ? .folder : .file
    }
}
