import Logging
import PushaasProvisioning
import ServiceLifecycle
import Synchronization

/// Creations of which it is not known whether Redis has recorded them, and whose users were told that they failed: they are taken back.
///
/// tsuru sends no removal after a creation that failed, so a record that was left would keep its name from everybody. Redis may carry a
/// command out long after its sender gave up; the creation is marked too, so that it fails then. Only what this process knows when it is
/// killed while Redis is away can stay: the admin app shows it.
public final class AbandonedCreations: Service {
    /// Creations that are remembered at most; beyond that the oldest is left to administrators.
    private static let maximum = 10_000

    private struct Creation: Sendable, Hashable {
        let name: String
        let id: InstanceID
    }

    private let repository: InstanceRepository
    /// Between tries, while Redis does not answer.
    private let pause: Duration
    private let logger: Logger
    private let waiting = Mutex<[Creation]>([])
    private let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    public init(repository: InstanceRepository, pause: Duration = .seconds(1), logger: Logger) {
        self.repository = repository
        self.pause = pause
        self.logger = logger
        (self.wakes, self.waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func add(_ name: String, _ id: InstanceID) {
        let dropped = self.waiting.withLock { waiting in
            waiting.append(Creation(name: name, id: id))
            return waiting.count > Self.maximum ? waiting.removeFirst() : nil
        }
        if let dropped {
            self.logger.error(
                "an instance may be there whose creation failed",
                metadata: ["instance": "\(dropped.name)", "id": "\(dropped.id)"])
        }
        self.waker.yield()
    }

    /// Takes those of a name back at once, so that it can be used again.
    func settle(_ name: String) async throws {
        for creation in self.waiting.withLock({ waiting in waiting.filter { $0.name == name } }) {
            try await self.settle(creation)
        }
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in self.wakes {
                while !Task.isCancelled, await !self.settleAll() { try? await Task.sleep(for: self.pause) }
            }
        }
        // Once more, for those that requests have left that were the last.
        if await !self.settleAll() {
            for creation in self.waiting.withLock({ $0 }) {
                self.logger.error(
                    "an instance may be there whose creation failed",
                    metadata: ["instance": "\(creation.name)", "id": "\(creation.id)"])
            }
        }
    }

    /// - Returns: Whether none is left.
    private func settleAll() async -> Bool {
        for creation in self.waiting.withLock({ $0 }) {
            do {
                try await self.settle(creation)
            } catch {
                if !Task.isCancelled {
                    self.logger.warning("a creation that failed cannot be taken back yet", metadata: ["error": "\(error)"])
                }
                return false
            }
        }
        return self.waiting.withLock(\.isEmpty)
    }

    private func settle(_ creation: Creation) async throws {
        try await self.repository.abandon(creation.name, id: creation.id)
        // The worker and a request that wants the name may both be at it; one of them tells.
        let isMine = self.waiting.withLock { waiting in
            let before = waiting.count
            waiting.removeAll { $0 == creation }
            return waiting.count < before
        }
        guard isMine else { return }
        self.logger.notice(
            "a creation that Redis had not confirmed was taken back",
            metadata: ["instance": "\(creation.name)", "id": "\(creation.id)"])
    }
}
