import Foundation

/// A program that runs as a child process, killed when nothing refers to it any more.
public final class TestProcess: Sendable {
    /// The executable that was asked for is nowhere in `PATH`.
    public struct NotFound: Error, Sendable {
        public var executable: String
    }

    public let pid: Int32
    private let output: ProcessOutput

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - executable: a path, or a name that is looked up in `PATH`.
    ///   - environment: set in addition to this process's environment, or in place of what it has under that name.
    public init(
        _ executable: String, arguments: [String] = [], environment: [String: String] = [:], workingDirectory: String? = nil
    ) throws {
        let spawn = try Spawn(
            executable: Self.find(executable), arguments: arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 }, workingDirectory: workingDirectory)
        let output = ProcessOutput(executable: executable)
        pid = spawn.pid
        self.output = output
        // Threads of their own, since they block; they end with the process and its output.
        Thread.detachNewThread { Spawn.drain(spawn.standardOutput) { output.received($0, from: .standardOutput) } }
        Thread.detachNewThread { Spawn.drain(spawn.standardError) { output.received($0, from: .standardError) } }
        Thread.detachNewThread { output.ended(Spawn.wait(spawn.pid)) }
    }

    deinit { signal(SIGKILL) }

    /// The path of an executable, looked up in `PATH` unless it is a path itself.
    public static func find(_ executable: String) throws -> String {
        if executable.contains("/") { return executable }
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/\(executable)") {
            return "\(folder)/\(executable)"
        }
        throw NotFound(executable: executable)
    }

    /// All lines so far, of both streams in the order of their arrival.
    public var lines: [OutputLine] { output.lines }

    /// All lines so far, for the message of a failed test.
    public var text: String { output.lines.map(\.text).joined(separator: "\n") }

    /// How the process ended, or `nil` while it runs.
    public var status: ExitStatus? { output.status }

    /// Waits for a line that holds `text`, among those already written and those to come.
    ///
    /// - Throws: `DeadlineExceeded`; `ProcessEnded` if the process ends without it.
    @discardableResult
    public func line(containing text: String, within duration: Duration = .seconds(60)) async throws -> OutputLine {
        try await withDeadline(duration, "a line with \"\(text)\"") { [output] in
            try await output.firstLine { $0.text.contains(text) }
        }
    }

    /// Waits for a line that `matches`, among those already written and those to come.
    @discardableResult
    public func line(
        within duration: Duration = .seconds(60), where matches: @escaping @Sendable (OutputLine) -> Bool
    ) async throws -> OutputLine {
        try await withDeadline(duration, "a line of output") { [output] in try await output.firstLine(where: matches) }
    }

    /// Sends a signal, unless the process has ended.
    public func signal(_ number: Int32) {
        if output.status == nil { kill(pid, number) }
    }

    /// Waits for the process to end. Some of its output may not have been read by then, see ``finish(within:)``.
    @discardableResult
    public func exit(within duration: Duration = .seconds(60)) async throws -> ExitStatus {
        try await withDeadline(duration, "the end of process \(pid)") { [output] in try await output.exit() }
    }

    /// Waits for the process to end and for all that it wrote: for programs that leave no other process behind with their output.
    @discardableResult
    public func finish(within duration: Duration = .seconds(60)) async throws -> ExitStatus {
        try await withDeadline(duration, "the end of process \(pid) and its output") { [output] in
            let status = try await output.exit()
            // No line matches, so this ends with the output.
            do { _ = try await output.firstLine { _ in false } } catch is ProcessEnded {}
            return status
        }
    }

    /// Asks the process to end (`SIGTERM`), and kills it if it has not done so in time.
    @discardableResult
    public func terminate(within duration: Duration = .seconds(60)) async throws -> ExitStatus {
        signal(SIGTERM)
        do {
            return try await exit(within: duration)
        } catch is DeadlineExceeded {
            signal(SIGKILL)
            return try await exit()
        }
    }
}
