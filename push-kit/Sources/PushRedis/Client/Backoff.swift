/// Pauses that double from a minimum to a maximum, each shortened by up to half at random, so that many clients that lost the same
/// server do not all return at once.
struct Backoff: Sendable {
    let minimum: Duration
    let maximum: Duration
    private var attempt = 0

    init(minimum: Duration, maximum: Duration) {
        self.minimum = max(minimum, .milliseconds(1))
        self.maximum = max(maximum, self.minimum)
    }

    mutating func reset() { attempt = 0 }

    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        // 2^20 times a millisecond is a quarter of an hour: no need to double further, and no overflow.
        let full = min(maximum, minimum * (1 << min(attempt, 20)))
        attempt += 1
        return full * Double.random(in: 0.5...1, using: &generator)
    }

    mutating func next() -> Duration {
        var generator = SystemRandomNumberGenerator()
        return next(using: &generator)
    }
}
