import CAdminKit
import Crypto
import FoundationEssentials

/// Files that are served as they are, held in memory by their path.
///
/// A request only ever looks its path up in this table, so no path, however written, reaches the file system.
public struct StaticFiles: Sendable {
    public struct File: Sendable {
        public let contentType: String
        /// Strong, of the content.
        public let entityTag: String
        public let content: [UInt8]
    }

    public struct LoadingError: Error, CustomStringConvertible {
        public let description: String
    }

    /// Bytes that a folder may hold in all, since they stay in memory.
    public static let maximumTotalSize = 32 << 20

    /// By path below the place where they are served, without a leading slash: `index.html`, `images/logo.svg`.
    public private(set) var files: [String: File] = [:]

    /// Files that are built into the program.
    ///
    /// - Parameter lists: Of C targets such as `CAdminKit`. Of two files with one path, the later one counts.
    public static func embedded(_ lists: [UnsafePointer<EmbeddedFile>]) -> StaticFiles {
        var files = StaticFiles()
        for list in lists {
            var next = list
            while let path = next.pointee.path {
                files.add(
                    [UInt8](UnsafeBufferPointer(start: next.pointee.content, count: next.pointee.length)),
                    at: String(cString: path))
                next += 1
            }
        }
        return files
    }

    /// Reads a folder with all below it, except for names that begin with a dot.
    ///
    /// - Throws: ``LoadingError`` when the folder cannot be read, has no `index.html`, or holds too much.
    public static func load(folder: String) throws(LoadingError) -> StaticFiles {
        var files = StaticFiles()
        var total = 0
        guard let paths = try? FileManager.default.subpathsOfDirectory(atPath: folder) else {
            throw LoadingError(description: "the folder '\(folder)' cannot be read")
        }
        for path in paths where !path.split(separator: "/").contains(where: { $0.hasPrefix(".") }) {
            let location = "\(folder)/\(path)"
            var isDirectory = false
            guard FileManager.default.fileExists(atPath: location, isDirectory: &isDirectory), !isDirectory else {
                continue
            }
            guard let content = try? Data(contentsOf: URL(filePath: location)) else {
                throw LoadingError(description: "the file '\(location)' cannot be read")
            }
            total += content.count
            guard total <= Self.maximumTotalSize else {
                throw LoadingError(description: "the folder '\(folder)' holds more than \(Self.maximumTotalSize >> 20) MB")
            }
            files.add([UInt8](content), at: path)
        }
        guard files.files["index.html"] != nil else {
            throw LoadingError(description: "the folder '\(folder)' has no index.html")
        }
        return files
    }

    mutating func add(_ content: [UInt8], at path: String) {
        self.files[path] = File(
            contentType: Self.contentType(of: path), entityTag: "\"\(Self.digest(content))\"", content: content)
    }

    /// Changes when any of the files does: 24 hexadecimal digits.
    var version: String {
        var all: [UInt8] = []
        for (path, file) in self.files.sorted(by: { $0.key < $1.key }) {
            all += Array("\(path)\(file.entityTag)\n".utf8)
        }
        return Self.digest(all)
    }

    private static func digest(_ content: [UInt8]) -> String {
        SHA256.hash(data: content).prefix(12).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private static func contentType(of path: String) -> String {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: ".") else { return "application/octet-stream" }
        switch name[name.index(after: dot)...].lowercased() {
        case "html": return "text/html; charset=utf-8"
        case "css": return "text/css; charset=utf-8"
        case "js", "mjs": return "text/javascript; charset=utf-8"
        case "json", "map": return "application/json"
        case "webmanifest": return "application/manifest+json"
        case "txt": return "text/plain; charset=utf-8"
        case "svg": return "image/svg+xml"
        case "png": return "image/png"
        case "jpg", "jpeg": return "image/jpeg"
        case "webp": return "image/webp"
        case "ico": return "image/x-icon"
        case "woff2": return "font/woff2"
        default: return "application/octet-stream"
        }
    }
}
