public import CoreMetrics
public import Logging
public import NIOCore
public import NIOPosix
public import ServiceLifecycle

/// A client on each event loop of a group, with a connection of its own.
///
/// For commands that are sent for each request of a server: what runs on an event loop uses that loop's client, so that no other thread
/// has to be woken for the command and another time for its answer. Between the clients there is no order.
public final class RedisClientGroup: Service {
    private let clients: [RedisClient]
    private let places: [ObjectIdentifier: Int]

    /// - Parameters:
    ///   - configuration: of each client; bounds such as `maximumOutstandingCommands` count for each.
    ///   - eventLoopGroup: must not be empty.
    public init(
        configuration: RedisConfiguration,
        eventLoopGroup: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup,
        logger: Logger,
        metricsFactory: any MetricsFactory = MetricsSystem.factory
    ) {
        let eventLoops = Array(eventLoopGroup.makeIterator())
        clients = eventLoops.map {
            RedisClient(configuration: configuration, eventLoopGroup: $0, logger: logger, metricsFactory: metricsFactory)
        }
        places = Dictionary(uniqueKeysWithValues: eventLoops.enumerated().map { (ObjectIdentifier($1), $0) })
    }

    /// The client of the event loop that calls; anywhere else, one of the clients, always the same.
    public var local: RedisClient {
        let place = MultiThreadedEventLoopGroup.currentEventLoop.flatMap { places[ObjectIdentifier($0)] }
        return clients[place ?? 0]
    }

    /// Runs all clients, each as `RedisClient.run()` says.
    public func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in clients { group.addTask { try await client.run() } }
            try await group.waitForAll()
        }
    }
}
