import Foundation

/// A program that runs as a child process, killed when nothing refers to it any more.
public final class TestProcess: Sendable {
    /// The executable that was asked for is nowhere in `PATH`.
    public struct NotFound: Error, Sendable {
        public var executable: String
    }

    public let pid: Int32
    private let output: ProcessOutput
    private let pipes: [Pipe]

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - executable: a path, or a name that is looked up in `PATH`.
    ///   - environment: set in addition to this process's environment, or in place of what it has under that name.
    public init(
        _ executable: String, arguments: [String] = [], environment: [String: String] = [:], workingDirectory: String? = nil
    ) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try Self.find(executable))
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let workingDirectory { process.currentDirectoryURL = URL(fileURLWithPath: workingDirectory) }
        process.standardInput = FileHandle.nullDevice
        let (standardOutput, standardError) = (Pipe(), Pipe())
        process.standardOutput = standardOutput
        process.standardError = standardError
        let output = ProcessOutput(executable: executable)
        Self.collect(standardOutput, into: output, as: .standardOutput)
        Self.collect(standardError, into: output, as: .standardError)
        process.terminationHandler = { process in
            let status = process.terminationStatus
            output.ended(process.terminationReason == .exit ? .exited(status) : .signalled(status))
        }
        try process.run()
        pid = process.processIdentifier
        self.output = output
        pipes = [standardOutput, standardError]
    }

    deinit {
        signal(SIGKILL)
        for pipe in pipes { pipe.fileHandleForReading.readabilityHandler = nil }
    }

    private static func collect(_ pipe: Pipe, into output: ProcessOutput, as stream: OutputLine.Stream) {
        pipe.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            output.received(Array(data), from: stream)
        }
    }

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
    public func line(containing text: String, within duration: Duration = .seconds(20)) async throws -> OutputLine {
        try await withDeadline(duration, "a line with \"\(text)\"") { [output] in
            try await output.firstLine { $0.text.contains(text) }
        }
    }

    /// Waits for a line that `matches`, among those already written and those to come.
    @discardableResult
    public func line(
        within duration: Duration = .seconds(20), where matches: @escaping @Sendable (OutputLine) -> Bool
    ) async throws -> OutputLine {
        try await withDeadline(duration, "a line of output") { [output] in try await output.firstLine(where: matches) }
    }

    /// Sends a signal, unless the process has ended.
    public func signal(_ number: Int32) {
        if output.status == nil { kill(pid, number) }
    }

    /// Waits for the process to end.
    @discardableResult
    public func exit(within duration: Duration = .seconds(20)) async throws -> ExitStatus {
        try await withDeadline(duration, "the end of process \(pid)") { [output] in try await output.exit() }
    }

    /// Asks the process to end (`SIGTERM`), and kills it if it has not done so in time.
    @discardableResult
    public func terminate(within duration: Duration = .seconds(10)) async throws -> ExitStatus {
        signal(SIGTERM)
        do {
            return try await exit(within: duration)
        } catch is DeadlineExceeded {
            signal(SIGKILL)
            return try await exit()
        }
    }
}
