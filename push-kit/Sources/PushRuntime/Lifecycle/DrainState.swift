import Synchronization

/// Whether the process is on its way out. Shared by the runner, which sets it, and the readiness endpoint.
public final class DrainState: Sendable {
    private let start = Mutex<ContinuousClock.Instant?>(nil)

    public init() {}

    public var isDraining: Bool { startedAt != nil }

    var startedAt: ContinuousClock.Instant? { start.withLock { $0 } }

    public func begin() {
        start.withLock { $0 = $0 ?? .now }
    }
}
