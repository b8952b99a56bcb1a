import PushaasProvisioning
import Synchronization

/// Figures of some seconds ago, for pages that ask each second.
final class InstanceFiguresCache: Sendable {
    private static let lifetime = Duration.seconds(5)
    private static let capacity = 1_000

    private let reader: InstanceFiguresReader
    private let known = Mutex<[InstanceID: (time: ContinuousClock.Instant, figures: InstanceFigures)]>([:])

    init(reader: InstanceFiguresReader) {
        self.reader = reader
    }

    func figures(of instance: Instance) async -> InstanceFigures {
        let recent = self.known.withLock { $0[instance.id] }
        if let recent, ContinuousClock.now - recent.time < Self.lifetime { return recent.figures }
        let figures = await self.reader.figures(of: instance)
        self.known.withLock { known in
            if known.count >= Self.capacity { known.removeAll() }
            known[instance.id] = (ContinuousClock.now, figures)
        }
        return figures
    }
}
