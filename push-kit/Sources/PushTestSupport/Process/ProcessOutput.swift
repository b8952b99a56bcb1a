import Synchronization

/// A line that a process wrote.
public struct OutputLine: Sendable, Hashable {
    public enum Stream: Sendable, Hashable {
        case standardOutput
        case standardError
    }

    public var stream: Stream
    /// Without the line feed; ill-formed UTF-8 is replaced.
    public var text: String
}

/// How a process ended.
public enum ExitStatus: Sendable, Hashable {
    case exited(Int32)
    /// Ended by the signal of this number.
    case signalled(Int32)
}

/// A process ended without writing the line that was waited for.
public struct ProcessEnded: Error, Sendable, CustomStringConvertible {
    public var executable: String
    public var lastLines: [String]

    public var description: String { "\(executable) ended; its last lines: \(lastLines.joined(separator: "\n"))" }
}

/// What a process has written and how it ended, and who waits for what.
final class ProcessOutput: Sendable {
    private struct LineWaiter {
        let matches: @Sendable (OutputLine) -> Bool
        let continuation: CheckedContinuation<OutputLine, any Error>
    }

    private struct State {
        var lines: [OutputLine] = []
        var partial: [OutputLine.Stream: [UInt8]] = [:]
        var open: Set<OutputLine.Stream> = [.standardOutput, .standardError]
        var status: ExitStatus?
        var lineWaiters: [Int: LineWaiter] = [:]
        var exitWaiters: [Int: CheckedContinuation<ExitStatus, any Error>] = [:]
        var cancelled: Set<Int> = []
        var nextID = 0
    }

    /// A process that never stops writing must not use up the memory: beyond this the oldest lines go.
    private static let maximumLines = 100_000

    private let state = Mutex(State())
    private let executable: String

    init(executable: String) { self.executable = executable }

    var lines: [OutputLine] { state.withLock(\.lines) }
    var status: ExitStatus? { state.withLock(\.status) }

    /// Takes bytes that the process wrote; none means that it has closed the stream.
    func received(_ bytes: [UInt8], from stream: OutputLine.Stream) {
        let resumptions: [() -> Void] = state.withLock { state in
            var new: [OutputLine] = []
            var pending = state.partial[stream, default: []] + bytes
            while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                new.append(OutputLine(stream: stream, text: String(decoding: pending[..<end], as: UTF8.self)))
                pending.removeSubrange(...end)
            }
            if bytes.isEmpty {
                if !pending.isEmpty { new.append(OutputLine(stream: stream, text: String(decoding: pending, as: UTF8.self))) }
                pending = []
                state.open.remove(stream)
            }
            state.partial[stream] = pending
            state.lines += new
            if state.lines.count > Self.maximumLines { state.lines.removeFirst(state.lines.count - Self.maximumLines) }
            var resumptions: [() -> Void] = []
            for (id, waiter) in state.lineWaiters {
                if let line = new.first(where: waiter.matches) {
                    resumptions.append { waiter.continuation.resume(returning: line) }
                } else if state.open.isEmpty {
                    let error = self.ended(state.lines)
                    resumptions.append { waiter.continuation.resume(throwing: error) }
                } else {
                    continue
                }
                state.lineWaiters[id] = nil
            }
            return resumptions
        }
        for resume in resumptions { resume() }
    }

    func ended(_ status: ExitStatus) {
        let waiters = state.withLock { state in
            state.status = status
            defer { state.exitWaiters = [:] }
            return state.exitWaiters
        }
        for waiter in waiters.values { waiter.resume(returning: status) }
    }

    /// The first line that matches, of those already written or of those to come.
    func firstLine(where matches: @escaping @Sendable (OutputLine) -> Bool) async throws -> OutputLine {
        try await wait { continuation, id, state in
            if let line = state.lines.first(where: matches) {
                return { continuation.resume(returning: line) }
            }
            if state.open.isEmpty {
                let error = self.ended(state.lines)
                return { continuation.resume(throwing: error) }
            }
            state.lineWaiters[id] = LineWaiter(matches: matches, continuation: continuation)
            return nil
        }
    }

    func exit() async throws -> ExitStatus {
        try await wait { continuation, id, state in
            if let status = state.status {
                return { continuation.resume(returning: status) }
            }
            state.exitWaiters[id] = continuation
            return nil
        }
    }

    /// Registers a continuation under a number, so that cancellation finds it.
    private func wait<Value>(
        _ register: (CheckedContinuation<Value, any Error>, Int, inout State) -> (() -> Void)?
    ) async throws -> Value {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let resume: (() -> Void)? = state.withLock { state in
                    if state.cancelled.remove(id) != nil {
                        return { continuation.resume(throwing: CancellationError()) }
                    }
                    return register(continuation, id, &state)
                }
                resume?()
            }
        } onCancel: {
            let resume: (() -> Void)? = state.withLock { state in
                if let waiter = state.lineWaiters.removeValue(forKey: id) {
                    return { waiter.continuation.resume(throwing: CancellationError()) }
                }
                if let waiter = state.exitWaiters.removeValue(forKey: id) {
                    return { waiter.resume(throwing: CancellationError()) }
                }
                state.cancelled.insert(id)
                return nil
            }
            resume?()
        }
    }

    private func ended(_ lines: [OutputLine]) -> ProcessEnded {
        ProcessEnded(executable: executable, lastLines: lines.suffix(20).map(\.text))
    }
}
