import PushaasProvisioning

/// Asks again and again until there is an answer.
///
/// - Parameters:
///   - limit: After which ``late`` is thrown.
///   - look: `nil` for "not yet". Its errors end the wait.
/// - Throws: `CancellationError` where the task was cancelled.
@discardableResult
func poll<Result: Sendable>(
    every interval: Duration, within limit: Duration, late: @Sendable () async -> any Error,
    _ look: @Sendable () async throws -> Result?
) async throws -> Result {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while true {
        if let result = try await look() { return result }
        guard clock.now < deadline else { throw await late() }
        try await clock.sleep(for: interval)
    }
}
