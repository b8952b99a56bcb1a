extension SignInThrottle {
    /// The decisions of ``SignInThrottle``, without a clock and without a lock.
    struct State: Sendable {
        /// Addresses, and right credentials, that are remembered at most. About 100 bytes each.
        static let defaultCapacity = 10_000
        /// Failures that are free.
        static let freeFailures = 5
        static let window = Duration.seconds(60)
        static let firstDelay = Duration.seconds(1)
        static let maximumDelay = Duration.seconds(60)
        static let quietTime = Duration.seconds(600)
        static let trustTime = Duration.seconds(3600)
        /// How much of the trusted time may pass before it is written anew: nearly all requests only read.
        private static let trustRenewal = Duration.seconds(60)

        private struct Failures: Sendable {
            /// Of the last minute; not kept once the address is slowed.
            var recent: [ContinuousClock.Instant] = []
            /// The wait after the last failure; zero until the free ones are used up.
            var delay = Duration.zero
            var blockedUntil: ContinuousClock.Instant
        }

        private var failures: BoundedTable<IPAddress, Failures>
        private var right: BoundedTable<Int, Void>

        init(capacity: Int) {
            failures = BoundedTable(capacity: capacity, lifetime: Self.quietTime)
            right = BoundedTable(capacity: capacity, lifetime: Self.trustTime)
        }

        /// - Parameter fingerprint: Of client and credentials together; asked for only when it counts.
        mutating func delay(_ client: IPAddress, now: ContinuousClock.Instant, fingerprint: () -> Int) -> Duration? {
            guard !failures.isEmpty, let entry = failures.entry(client, now: now)?.value, now < entry.blockedUntil,
                right.entry(fingerprint(), now: now) == nil
            else { return nil }
            // Who keeps trying is not quiet.
            failures.write(client, entry, now: now)
            return entry.blockedUntil - now
        }

        mutating func failed(_ client: IPAddress, now: ContinuousClock.Instant) {
            var entry = failures.entry(client, now: now)?.value ?? Failures(blockedUntil: now)
            if entry.delay == .zero {
                entry.recent.removeAll { now - $0 >= Self.window }
                entry.recent.append(now)
                if entry.recent.count >= Self.freeFailures {
                    entry.recent = []
                    entry.delay = Self.firstDelay
                    entry.blockedUntil = now + entry.delay
                }
            } else if now >= entry.blockedUntil {
                entry.delay = min(entry.delay * 2, Self.maximumDelay)
                entry.blockedUntil = now + entry.delay
            }
            // A failure within the wait had begun before it, beside the one that started it: it is not held against the client twice.
            failures.write(client, entry, now: now)
        }

        mutating func succeeded(_ fingerprint: Int, now: ContinuousClock.Instant) {
            if let entry = right.entry(fingerprint, now: now), now - entry.written < Self.trustRenewal { return }
            right.write(fingerprint, (), now: now)
        }
    }
}
