import Foundation
import PushTestSupport
import Synchronization

/// The processes that tests have started, for the messages of failures.
public final class RunningProcesses: Sendable {
    public static let shared = RunningProcesses()

    private struct Entry {
        let name: String
        let process: TestProcess
    }

    private let entries = Mutex<[Entry]>([])

    func add(_ name: String, _ process: TestProcess) {
        self.entries.withLock { $0.append(Entry(name: name, process: process)) }
    }

    func remove(_ process: TestProcess) {
        self.entries.withLock { $0.removeAll { $0.process === process } }
    }

    /// The last 40 lines of each process.
    public func logTails() -> String {
        self.entries.withLock { $0 }.map { entry in
            let lines = entry.process.lines.suffix(40).map { "    \($0.text)" }.joined(separator: "\n")
            return "\(entry.name) (pid \(entry.process.pid)):\n\(lines.isEmpty ? "    (no output)" : lines)"
        }.joined(separator: "\n")
    }
}

/// An error of a test with the last lines of the processes that it had started.
public struct FailureWithLogs: Error, CustomStringConvertible {
    public let cause: any Error
    public let logs: String

    public var description: String { "\(self.cause)\n\(self.logs)" }
}

/// Starts a program, keeps its output for the message of a failure, and kills it and its children at the end.
public func withProcess<Result>(
    _ name: String, _ executable: String, arguments: [String] = [], environment: [String: String] = [:],
    workingDirectory: String? = nil, isolation: isolated (any Actor)? = #isolation, _ body: (TestProcess) async throws -> Result
) async throws -> Result {
    let process = try TestProcess(
        executable, arguments: arguments, environment: environment, workingDirectory: workingDirectory)
    RunningProcesses.shared.add(name, process)
    do {
        let result = try await body(process)
        await end(process)
        return result
    } catch {
        let logs = RunningProcesses.shared.logTails()
        await end(process)
        if error is FailureWithLogs { throw error }
        throw FailureWithLogs(cause: error, logs: logs)
    }
}

/// Kills a process and all that it had started.
func end(_ process: TestProcess) async {
    let family = process.status == nil ? [process.pid] + ProcessTable.descendants(of: process.pid) : []
    for member in family { kill(member, SIGKILL) }
    _ = try? await process.exit()
    RunningProcesses.shared.remove(process)
}

extension TestProcess {
    /// Everything that a process wrote which has ended: its last output arrives after its end.
    public func allLines() async throws -> [OutputLine] {
        do {
            try await self.line(within: .seconds(60)) { _ in false }
        } catch is ProcessEnded {
            // Both streams are closed.
        }
        return self.lines
    }
}
