import Logging
import ServiceLifecycle

/// Looks at all running instances every few minutes, so that a day's count of messages begins near midnight also where nobody asks.
///
/// Several pushaas may do it: the counts are the same.
public struct InstanceFiguresWorker: Service {
    /// Instances that are asked at a time.
    private static let concurrency = 8

    private let instances: InstanceRepository
    private let reader: InstanceFiguresReader
    private let interval: Duration
    private let logger: Logger

    public init(
        instances: InstanceRepository, reader: InstanceFiguresReader, interval: Duration = .seconds(300), logger: Logger
    ) {
        self.instances = instances
        self.reader = reader
        self.interval = interval
        self.logger = logger
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await self.sample()
                } catch {
                    if Task.isCancelled { return }
                    self.logger.warning("Instances cannot be looked at", metadata: ["error": "\(error)"])
                }
                do {
                    try await Task.sleep(for: self.interval)
                } catch {
                    return
                }
            }
        }
    }

    /// Asks each running instance once.
    func sample() async throws {
        let running = try await self.instances.instances().filter(\.isComplete)
        await withTaskGroup(of: Void.self) { group in
            for (index, instance) in running.enumerated() {
                if index >= Self.concurrency { await group.next() }
                group.addTask { _ = await self.reader.figures(of: instance) }
            }
        }
    }
}
