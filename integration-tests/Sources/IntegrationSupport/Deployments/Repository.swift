import Foundation

/// Where the programs and the shipped configurations are.
public enum Repository {
    /// The root of the working copy that these sources were built from.
    public static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// The folder of the release binaries: `PUSH_BINARIES`, else where `make build` puts them.
    public static var binaries: String {
        let given = ProcessInfo.processInfo.environment["PUSH_BINARIES"] ?? ""
        return given.isEmpty ? "\(self.root)/.build/release" : given
    }

    public struct MissingBinary: Error, CustomStringConvertible {
        public let path: String
        public var description: String { "\(self.path) is not there: run make build first" }
    }

    /// The path of a release binary.
    public static func binary(_ name: String) throws -> String {
        let path = "\(self.binaries)/\(name)"
        guard FileManager.default.isExecutableFile(atPath: path) else { throw MissingBinary(path: path) }
        return path
    }

    public static func text(of file: String) throws -> String {
        try String(contentsOfFile: "\(self.root)/\(file)", encoding: .utf8)
    }
}
