import Logging
import ServiceLifecycle

/// Notes in Redis when keys were used last, beside the requests, which do not wait for it.
///
/// A use that cannot be noted is forgotten; the next minute brings another.
struct APIKeyUsageRecorder: Service {
    /// Uses that wait at most.
    private static let capacity = APIKeyRepository.maximumKeys

    private let repository: APIKeyRepository
    private let logger: Logger
    private let uses: AsyncStream<(id: String, time: Int)>
    private let continuation: AsyncStream<(id: String, time: Int)>.Continuation

    init(repository: APIKeyRepository, logger: Logger) {
        self.repository = repository
        self.logger = logger
        (self.uses, self.continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.capacity))
    }

    func record(_ id: String) {
        self.continuation.yield((id, Timestamp.now()))
    }

    func run() async throws {
        await withGracefulShutdownHandler {
            for await (id, time) in self.uses {
                do {
                    try await self.repository.recordUse(id, at: time)
                } catch {
                    self.logger.debug("Use of an API key was not noted", metadata: ["key": "\(id)", "error": "\(error)"])
                }
            }
        } onGracefulShutdown: {
            self.continuation.finish()
        }
    }
}
