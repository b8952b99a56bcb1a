/// Something did not happen in time.
public struct DeadlineExceeded: Error, Sendable, CustomStringConvertible {
    public var what: String
    public var duration: Duration

    public var description: String { "\(what): not within \(duration)" }
}

/// Runs `body`, and cancels it and throws `DeadlineExceeded` if it takes longer than `duration`.
///
/// `body` has to end when its task is cancelled.
public func withDeadline<Result: Sendable>(
    _ duration: Duration, _ what: String = "the operation", _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: duration)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else {
            throw DeadlineExceeded(what: what, duration: duration)
        }
        return result
    }
}

/// Asks `condition` again and again until it holds, for what can't be awaited.
///
/// - Parameters:
///   - duration: when to give up, with `DeadlineExceeded`. Only a limit: a machine that is slow gets its time.
///   - interval: the pause between two questions.
public func eventually(
    within duration: Duration = .seconds(60), every interval: Duration = .milliseconds(10), _ what: String = "the condition",
    isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + duration
    while try await !condition() {
        guard clock.now < deadline else { throw DeadlineExceeded(what: what, duration: duration) }
        try await clock.sleep(for: interval)
    }
}
