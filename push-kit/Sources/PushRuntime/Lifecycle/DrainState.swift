import Synchronization

/// Whether the process is on its way out. Shared by the runner, which sets it, and the readiness endpoint.
public final class DrainState: Sendable {
    private let flag = Atomic(false)

    public init() {}

    public var isDraining: Bool { flag.load(ordering: .relaxed) }

    public func begin() { flag.store(true, ordering: .relaxed) }
}
