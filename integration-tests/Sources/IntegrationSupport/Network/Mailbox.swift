import NIOCore
import Synchronization

/// Why a connection gave no more bytes.
public enum ConnectionError: Error, Equatable, CustomStringConvertible {
    /// Nothing came in time.
    case deadlineExceeded(after: Duration)
    /// More than the mailbox holds arrived unread.
    case overflow
    /// The connection broke, with the system's reason.
    case broken(String)

    public var description: String {
        switch self {
        case .deadlineExceeded(let limit): return "nothing arrived within \(limit)"
        case .overflow: return "more than \(Mailbox.capacity) bytes arrived unread"
        case .broken(let reason): return "the connection broke: \(reason)"
        }
    }
}

/// What a socket received and nobody has read yet. One reader at a time.
final class Mailbox: Sendable {
    /// Bytes; the largest test receives about 2 MB on one connection.
    static let capacity = 64 * 1024 * 1024

    private struct State {
        var received: [UInt8] = []
        var end: End?
        var waiter: CheckedContinuation<Void, Never>?
        /// Distinguishes a waiter from the next one when its timer fires late.
        var turn = 0
    }

    private enum End {
        case closed
        case failed(ConnectionError)
    }

    private let state = Mutex(State())

    /// Everything that has arrived, at least one byte; `nil` after the last byte of a connection that the peer closed.
    func next(within limit: Duration, timer: any EventLoop) async throws -> [UInt8]? {
        if let ready = try self.take() { return ready.isEmpty ? nil : ready }
        let wait = WaitTimer()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let turn = self.state.withLock { state -> Int? in
                    guard state.received.isEmpty, state.end == nil, !Task.isCancelled else { return nil }
                    precondition(state.waiter == nil, "two readers on one connection")
                    state.waiter = continuation
                    state.turn += 1
                    return state.turn
                }
                guard let turn else {
                    continuation.resume()
                    return
                }
                wait.start(timer.scheduleTask(in: TimeAmount(limit)) { self.wake(turn: turn) })
            }
        } onCancel: {
            self.wake(turn: nil)
        }
        wait.cancel()
        if let ready = try self.take() { return ready.isEmpty ? nil : ready }
        try Task.checkCancellation()
        throw ConnectionError.deadlineExceeded(after: limit)
    }

    func append(_ bytes: some Sequence<UInt8>) {
        self.change { state in
            state.received.append(contentsOf: bytes)
            if state.received.count > Self.capacity { state.end = .failed(.overflow) }
        }
    }

    func finish() {
        self.change { state in if state.end == nil { state.end = .closed } }
    }

    func fail(_ error: ConnectionError) {
        self.change { state in if state.end == nil { state.end = .failed(error) } }
    }

    /// `nil` while there is nothing; empty at the end.
    private func take() throws -> [UInt8]? {
        try self.state.withLock { state in
            if !state.received.isEmpty {
                defer { state.received = [] }
                return state.received
            }
            switch state.end {
            case nil: return nil
            case .closed: return []
            case .failed(let error): throw error
            }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let waiter = self.state.withLock { state in
            body(&state)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    private func wake(turn: Int?) {
        let waiter = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard turn == nil || turn == state.turn else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}

/// The timer of a wait, cancelled when the wait has ended.
private final class WaitTimer: Sendable {
    private let task = Mutex<Scheduled<Void>?>(nil)

    func start(_ task: Scheduled<Void>) { self.task.withLock { $0 = task } }
    func cancel() { self.task.withLock { $0 }?.cancel() }
}
