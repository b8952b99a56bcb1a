/// Exponential back-off with jitter.
struct BackOff: Equatable, Sendable {
    var first: Duration = .milliseconds(100)
    var longest: Duration = .seconds(5)

    /// - Parameters:
    ///   - attempt: from 1; anything below waits like 1.
    ///   - jitter: from 0 to 1: a random half of the delay is left away, so that agents do not come back all at once.
    func delay(attempt: Int, jitter: Double) -> Duration {
        let doublings = min(max(attempt, 1) - 1, 30)
        let full = min(self.first * (1 << doublings), self.longest)
        return full * (0.5 + 0.5 * min(max(jitter, 0), 1))
    }

    func delay(attempt: Int) -> Duration { self.delay(attempt: attempt, jitter: .random(in: 0...1)) }
}
