import Hummingbird
import Logging
import NIOCore
import PushAdmin
import PushRedis
import PushRuntime
import ServiceLifecycle

/// The version of push-api, as `--version` prints it.
public let pushAPIVersion = "0.1.0"

/// Builds push-api: its HTTP server and its background workers, ready to be run in the order in which they are returned.
///
/// Nothing global is touched, so several may live in one process.
///
/// - Parameters:
///   - redis: Made from `configuration.redis`. The caller runs it, and starts it before these services.
///   - registry: Where push-api's metrics go, and what `GET /metrics` shows.
///   - additionalChecks: What else `/readyz` asks, beside Redis: the other parts that live in the same process.
///   - onListening: Called with the address once requests are taken; the port is known by then even if 0 was configured.
/// - Throws: `StartupError` if the folder of `api.statics_path` cannot be served.
public func buildAPI(
    configuration: PushAPIConfiguration,
    redis: RedisClient,
    registry: PrometheusRegistry,
    drainState: DrainState,
    additionalChecks: [HealthCheck] = [],
    logger: Logger,
    onListening: @escaping @Sendable (SocketAddress) async -> Void = { _ in }
) throws -> [any Service] {
    let metrics = APIMetrics(registry: registry)
    let channels = ChannelRepository(redis: redis, keys: configuration.keys, stream: configuration.stream, logger: logger)

    var services: [any Service] = []
    if configuration.persistentChannels.isEnabled {
        let lock = RedisLock(
            client: redis, key: configuration.persistentChannelsLock.key, timeToLive: configuration.persistentChannelsLock.timeout
        )
        let worker = PersistentChannelsWorker(repository: channels, redis: redis, stream: configuration.stream, lock: lock)
        services.append(
            PeriodicWorker(
                worker: .persistentChannels, interval: configuration.persistentChannels.interval, metrics: metrics,
                logger: logger,
                work: worker.run))
    }
    if configuration.housekeeping.isEnabled {
        let worker = HousekeepingWorker(redis: redis, retention: configuration.retention)
        services.append(
            PeriodicWorker(
                worker: .housekeeping, interval: configuration.housekeeping.interval, metrics: metrics, logger: logger,
                work: worker.run))
    }

    if configuration.streamMetrics.isEnabled {
        let worker = StreamMetricsWorker(
            repository: AgentsRepository(redis: redis, keys: configuration.keys), metrics: StreamMetrics(registry: registry))
        services.append(
            PeriodicWorker(
                worker: .metrics, interval: configuration.streamMetrics.interval, metrics: metrics, logger: logger,
                work: worker.run))
    }

    let router = makeHTTPRouter(
        context: APIRequestContext.self, metrics: registry,
        securityHeaders: SecurityHeadersMiddleware<APIRequestContext>(cacheablePrefixes: ["/admin"]))
    let checks = HealthChecks(
        [HealthCheck("redis") { try await redis.ping(timeout: .seconds(1)) }] + additionalChecks, drainState: drainState)
    HealthEndpoints(checks: checks, registry: registry).add(to: router)
    AdminController(site: try AdminSite(configuration)).addRoutes(to: router)
    StatusController().addRoutes(to: router)
    APIDocumentation().addRoutes(to: router)

    let keys = APIKeyRepository(redis: redis, logger: logger)
    let keyUsage = APIKeyUsageRecorder(repository: keys, logger: logger)
    let authenticator = APIKeyAuthenticator(repository: keys, usage: keyUsage)
    services.append(keyUsage)
    let signInMetrics = SignInMetrics(registry: registry)
    let group = router.group("api/v1")
        .add(middleware: ErrorCountMiddleware(metrics: metrics))
    let authentication = configuration.authentication.map { authentication in
        AuthenticationMiddleware(
            user: authentication.user, password: authentication.password, keys: authenticator,
            proxies: configuration.trustedProxies, metrics: signInMetrics)
    }
    if let authentication {
        group.add(middleware: authentication)
    } else {
        logger.warning("Authentication is off (api.enable_auth): whoever reaches this port can publish")
        group.add(middleware: OpenAccessMiddleware())
    }
    group.add(middleware: CrossSiteRequestMiddleware())
    AuthenticationController().addRoutes(to: group)
    KeysController(repository: keys, authenticator: authenticator).addRoutes(to: group)
    let clients = RedisClientGroup(configuration: configuration.redis, logger: logger, metricsFactory: registry)
    services.append(clients)
    let publisher = MessagePublisher(clients: clients, stream: configuration.stream, metrics: metrics)
    MessagesController(publisher: publisher).addRoutes(
        to: group.requiring(.publish).add(
            middleware: RateLimitMiddleware(
                limiter: RateLimiter(redis: redis), service: configuration.limits, metrics: RateLimitMetrics(registry: registry)))
    )
    ChannelsController(
        repository: channels, cursors: ChannelCursors(secret: configuration.authentication?.password ?? ""), metrics: metrics
    ).addRoutes(to: group)
    StatisticsController(redis: redis, keys: configuration.keys, logger: logger).addRoutes(to: group)
    ConfigurationController(pushStream: configuration.pushStream).addRoutes(to: group)

    services.append(
        HTTPService(
            router: router, address: .init(host: configuration.host, port: configuration.port),
            // A limit of all publishers has to be asked for each time.
            directRoute: configuration.limits == nil
                ? DirectPublishing(publisher: publisher, authentication: authentication, metrics: metrics) : nil,
            metrics: registry, logger: logger, onListening: onListening))
    return services
}
