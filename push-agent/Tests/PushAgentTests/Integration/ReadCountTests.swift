import PushModels
import PushRedis
import PushRuntime
import PushTestSupport
import Testing

@testable import PushAgent

@Suite("Read counts", .serialized) struct ReadCountTests {
    /// The test is push-stream and answers everything at once; of the agent nobody but the reader stores anything, as if it is killed
    /// before it comes to storing the position.
    @Test("A count is not stored ahead of the position that it is of") func countAndPosition() async throws {
        try await Harness.run { harness in
            let ids = try await harness.publish("a", "1", "2", "3")
            var settings = try harness.configuration().subscription
            // Each batch is full, so that the reader looks at the stream's end at once.
            settings.batchSize = 1
            let coordinator = DeliveryCoordinator(limits: settings.limits)
            coordinator.connected(storeIsNew: false, replaying: false)
            coordinator.onWork { [weak coordinator] in
                guard case .send(let requests) = coordinator?.next() else { return }
                _ = coordinator?.answered(statuses: requests.map { _ in 200 })
            }
            let blocking = RedisClient(configuration: try RedisConfiguration(url: harness.server.url), logger: .quiet)
            let reader = MessageReader(
                redis: blocking, store: harness.store, coordinator: coordinator, settings: settings,
                metrics: AgentMetrics(factory: PrometheusRegistry()), logger: .quiet)
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask { try await blocking.run() }
                group.addTask { await reader.run(position: nil, readCount: nil, windowStart: .zero) }
                try await eventually("the count") { try await harness.store.readCount()?.id.description == ids.last }
                #expect(try await harness.store.position()?.description == ids.last)
                #expect(try await harness.store.readCount()?.count == 3)
            }
        }
    }
}
