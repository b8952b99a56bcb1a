import Foundation
import PushTestSupport

/// What push-service prints when it is ready.
public struct Banner: Sendable {
    public let lines: [String]
    /// A command that subscribes to the channel `demo`.
    public let subscribeCommand: String
    /// A command that publishes `Hello` on it.
    public let publishCommand: String

    public struct Incomplete: Error, CustomStringConvertible {
        public let lines: [String]
        public var description: String { "the banner lacks a command:\n\(self.lines.joined(separator: "\n"))" }
    }

    init(_ lines: [String]) throws {
        self.lines = lines
        let commands = lines.map { $0.trimmingCharacters(in: .whitespaces) }
        guard let subscribe = commands.first(where: { $0.hasPrefix("curl -N ") }),
            let publish = commands.first(where: { $0.hasPrefix("curl -u ") })
        else { throw Incomplete(lines: lines) }
        self.subscribeCommand = subscribe
        self.publishCommand = publish
    }

    /// The user and the password of the command that publishes.
    public var credentials: Credentials? {
        let words = self.publishCommand.split(separator: " ")
        guard words.count > 2 else { return nil }
        let parts = words[2].trimmingCharacters(in: CharacterSet(charactersIn: "'\"")).split(separator: ":", maxSplits: 1)
        return parts.count == 2 ? Credentials(user: String(parts[0]), password: String(parts[1])) : nil
    }

    /// Waits until the process has printed the banner whole.
    public static func read(from process: TestProcess, within limit: Duration = .seconds(60)) async throws -> Banner {
        try await process.line(within: limit) { $0.stream == .standardOutput && $0.text.hasPrefix("Push Service is running") }
        try await process.line(within: limit) {
            $0.stream == .standardOutput && $0.text.trimmingCharacters(in: .whitespaces).hasPrefix("curl -N ")
        }
        try await process.line(within: limit) {
            $0.stream == .standardOutput && $0.text.trimmingCharacters(in: .whitespaces).hasPrefix("curl -u ")
        }
        return try Banner(process.lines.filter { $0.stream == .standardOutput }.map(\.text))
    }
}

/// A data directory and two ports for push-service.
public struct LaunchPlace: Sendable {
    public let directory: TemporaryDirectory
    public let apiPort: Int
    public let streamPort: Int

    public init() throws {
        self.directory = try TemporaryDirectory()
        self.apiPort = try ServicePort.allocate()
        self.streamPort = try ServicePort.allocate()
    }

    public var dataDirectory: String { self.directory.file("data") }
    public var api: Endpoint { .port(self.apiPort) }
    public var stream: Endpoint { .port(self.streamPort) }

    public var arguments: [String] {
        ["--data-dir", self.dataDirectory, "--api-port", "\(self.apiPort)", "--stream-port", "\(self.streamPort)"]
    }

    /// redis-servers that work in the data directory.
    public var redisServers: [Int32] {
        ProcessTable.processes(withCommandContaining: self.directory.path)
            .filter { ProcessTable.command(of: $0).contains("redis-server") }
    }

    /// Runs push-service; all that is left of it is killed at the end.
    public func run<Result>(
        arguments: [String]? = nil, more: [String] = [], environment: [String: String] = [:],
        isolation: isolated (any Actor)? = #isolation, _ body: (TestProcess) async throws -> Result
    ) async throws -> Result {
        defer { for leftover in self.redisServers { kill(leftover, SIGKILL) } }
        return try await withProcess(
            "push-service", try Repository.binary("push-service"), arguments: (arguments ?? self.arguments) + more,
            environment: environment, workingDirectory: self.directory.path, body)
    }
}
