import Synchronization

/// Why a worker has to leave a step that it is running.
enum Interruption: Int, Sendable, Hashable, Comparable {
    /// The process is to end, and the time for that is over.
    case drained
    /// The instance was destroyed, or is not there any more.
    case moved
    /// Somebody else may work on the instance by now.
    case lost

    static func < (left: Interruption, right: Interruption) -> Bool { left.rawValue < right.rawValue }
}

/// Thrown in place of what an interrupted step throws.
struct Interrupted: Error, Sendable, Hashable {
    let why: Interruption
}

/// Stops what a worker runs for one job, from outside.
final class JobControl: Sendable {
    private struct State {
        var interruption: Interruption?
        /// Where the record has to be for the job to make sense.
        var expected: InstanceLease.Whereabouts?
        var cancel: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let drain: DrainSignal

    init(drain: DrainSignal) {
        self.drain = drain
    }

    /// Whether no further step is to be begun.
    var isDraining: Bool { self.drain.isRequested }

    /// The gravest one so far.
    var interruption: Interruption? { self.state.withLock(\.interruption) }

    /// Cancels what runs, and all that would run later.
    func interrupt(_ why: Interruption) {
        let cancel = self.state.withLock { state in
            state.interruption = max(state.interruption ?? why, why)
            return state.cancel
        }
        cancel?()
    }

    /// The job begins to work on the record that is there now.
    func expect(_ whereabouts: InstanceLease.Whereabouts) {
        self.state.withLock { state in
            state.expected = whereabouts
            if state.interruption == .moved { state.interruption = nil }
        }
    }

    /// The heartbeat has seen the record there. A destroyed one never becomes live again, so such news is old.
    func observe(_ whereabouts: InstanceLease.Whereabouts) {
        let hasMoved = self.state.withLock { state in
            switch (state.expected, whereabouts) {
            case (nil, _), (_, .live), (.destroyed, .destroyed): false
            default: true
            }
        }
        if hasMoved { self.interrupt(.moved) }
    }

    /// Runs `body`, at most for `timeout`; it is cancelled when that is over or the job is interrupted, and waited for.
    ///
    /// - Throws: ``Interrupted``; ``StepTimedOut``; what `body` throws.
    func run<Result: Sendable>(
        timeout: Duration, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let task = Task {
            try await withThrowingTaskGroup(of: Result?.self) { group in
                group.addTask { try await body() }
                group.addTask {
                    try await Task.sleep(for: timeout)
                    return nil
                }
                defer { group.cancelAll() }
                guard let first = try await group.next(), let result = first else { throw StepTimedOut(after: timeout) }
                return result
            }
        }
        let interruption = self.state.withLock { state in
            state.cancel = { task.cancel() }
            return state.interruption
        }
        if interruption != nil { task.cancel() }
        defer { self.state.withLock { $0.cancel = nil } }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch {
            if let why = self.interruption { throw Interrupted(why: why) }
            // The worker itself was cancelled: its process ends.
            if Task.isCancelled { throw Interrupted(why: .drained) }
            throw error
        }
    }
}

struct StepTimedOut: Error, Sendable, Hashable {
    let after: Duration
}

/// Tells the jobs of a process that it is to end.
final class DrainSignal: Sendable {
    private let requested = Atomic<Bool>(false)

    var isRequested: Bool { self.requested.load(ordering: .relaxed) }

    func request() { self.requested.store(true, ordering: .relaxed) }
}
