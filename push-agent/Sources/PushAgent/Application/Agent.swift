import Hummingbird
import Logging
import Metrics
import NIOCore
import NIOPosix
import PushRedis
import PushRuntime
import ServiceLifecycle

/// push-agent, composed: what to run, in the order in which it starts; it stops in reverse.
public struct Agent: Sendable {
    public let services: [any Service]
    /// Redis, and push-stream.
    public let healthChecks: [HealthCheck]
}

/// Composes the agent. Nothing runs and nothing is connected before the services do.
///
/// - Parameters:
///   - metrics: where the agent's metrics go.
///   - eventLoopGroup: of all connections.
/// - Returns: services without the HTTP server of the health endpoints, for which see
///   ``buildHealthServer(configuration:agent:registry:drainState:logger:onListening:)``.
public func buildAgent(
    configuration: AgentConfiguration, metrics factory: any MetricsFactory = MetricsSystem.factory,
    eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, logger: Logger
) -> Agent {
    if let registry = factory as? PrometheusRegistry { AgentMetrics.describe(in: registry) }
    let metrics = AgentMetrics(factory: factory)
    let connector = PushStreamConnector(
        address: configuration.pushStream, eventLoopGroup: eventLoopGroup, timeout: configuration.pushStreamTimeout)
    func client(_ purpose: String, _ group: any EventLoopGroup) -> RedisClient {
        var redis = configuration.redis
        redis.clientName = "push-agent-\(purpose)"
        return RedisClient(configuration: redis, eventLoopGroup: group, logger: logger)
    }

    // All that a message passes lives on one event loop: a change of threads would take longer than all that is done with it.
    let eventLoop = eventLoopGroup.next()
    let control = client("control", eventLoop)
    let coordinator = DeliveryCoordinator(limits: configuration.subscription.limits)
    var services: [any Service] = [control]
    if configuration.subscription.isEnabled {
        // XREAD blocks its connection, so that nothing else can go over it.
        let blocking = client("reader", eventLoop)
        let reader = MessageReader(
            redis: blocking, store: AgentStore(redis: control, agent: configuration.name),
            coordinator: coordinator, settings: configuration.subscription, metrics: metrics, logger: logger)
        services += [blocking, DeliveryService(reader: reader, connector: connector.on(eventLoop), eventLoop: eventLoop)]
    }
    if configuration.statistics.isEnabled {
        // The statistics of thousands of channels must not stand in the way of a position.
        let statistics = client("statistics", eventLoopGroup)
        services += [
            statistics,
            StatisticsWorker(
                redis: statistics, connector: connector, keys: configuration.keys, agent: configuration.name,
                hostname: configuration.name, settings: configuration.statistics, metrics: metrics, logger: logger),
            StatisticsSampler(
                store: AgentStore(redis: statistics, agent: configuration.name), connector: connector,
                interval: configuration.statistics.sampleInterval, replayedMessages: { coordinator.replayedMessages },
                metrics: metrics, logger: logger),
        ]
    }
    let checks = [
        HealthCheck("redis") { try await control.ping() },
        HealthCheck("push-stream") {
            do {
                let answer = try await connector.ask(.summary(agent: configuration.name))
                guard answer.status == 200 else { throw PushStreamError.statisticsStatus(answer.status) }
            } catch {
                throw StartupError(PushStreamError.text(of: error))
            }
        },
    ]
    return Agent(services: services, healthChecks: checks)
}

/// The server of `/healthz`, `/readyz` and `/metrics`.
///
/// - Parameters:
///   - registry: what `/metrics` renders.
///   - onListening: called with the bound address.
public func buildHealthServer(
    configuration: AgentConfiguration, agent: Agent, registry: PrometheusRegistry, drainState: DrainState, logger: Logger,
    onListening: @escaping @Sendable (SocketAddress) async -> Void = { _ in }
) -> HTTPService {
    let router = makeHTTPRouter(context: BasicRequestContext.self)
    HealthEndpoints(checks: HealthChecks(agent.healthChecks, drainState: drainState), registry: registry).add(to: router)
    return HTTPService(
        router: router, address: .init(host: configuration.host, port: configuration.port), logger: logger,
        onListening: onListening)
}
