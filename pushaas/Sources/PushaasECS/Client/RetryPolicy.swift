/// How often a call is repeated, and after which pauses.
struct RetryPolicy: Sendable {
    /// Tries in all. At least 1.
    var attempts = 6
    /// The longest pause after the first try; it doubles with each further one.
    var base: Duration = .milliseconds(200)
    /// No pause is longer.
    var cap: Duration = .seconds(10)

    /// Anywhere between nothing and the longest ("full jitter"), so that callers that were throttled together do not come back together.
    ///
    /// - Parameter attempt: The try that has failed, the first being 1.
    func pause(after attempt: Int) -> Duration {
        let longest = min(self.cap, self.base * (1 << min(attempt - 1, 20)))
        return longest * Double.random(in: 0...1)
    }
}
