import Hummingbird
import Logging
import NIOCore
import PushAdmin
import PushRedis
import PushRuntime
import PushaasCurl
import PushaasProvisioning
import ServiceLifecycle

/// The version of pushaas, as `--version` prints it.
public let pushaasVersion = "0.1.0"

/// Builds pushaas: its HTTP server, its workers and its reconciler, ready to be run in the order in which they are returned.
///
/// Nothing global is touched, so several may live in one process.
///
/// - Parameters:
///   - redis: Made from `configuration.redis`. The caller runs it, and starts it before these services.
///   - registry: Where pushaas's metrics go, and what `GET /metrics` shows.
///   - onListening: Called with the address once requests are taken; the port is known by then even if 0 was configured.
public func buildPushaas(
    configuration: PushaasConfiguration, provider: any Provider, redis: RedisClient, registry: PrometheusRegistry,
    drainState: DrainState, logger: Logger, onListening: @escaping @Sendable (SocketAddress) async -> Void = { _ in }
) -> [any Service] {
    let keys = InstanceKeys(
        instancePrefix: configuration.prefixes.instance, variablesPrefix: configuration.prefixes.variables,
        bindAppPrefix: configuration.prefixes.appBinding, bindUnitPrefix: configuration.prefixes.unitBinding,
        jobPrefix: configuration.prefixes.job)
    let instances = InstanceRepository(redis: redis, keys: keys, logger: logger)
    let progress = ProgressRepository(redis: redis, keys: keys)
    let api = InstanceAPIClient(curl: CurlClient())
    let binds = BindService(redis: redis, keys: keys, instances: instances, api: api, logger: logger)
    let figures = InstanceFiguresReader(redis: redis, keys: keys, api: api)
    let abandoned = AbandonedCreations(repository: instances, logger: logger)
    let service = InstanceService(
        repository: instances, plans: configuration.plans, provider: provider, abandoned: abandoned)

    var services: [any Service] = [
        abandoned, InstanceMetricsWorker(redis: redis, keys: keys, registry: registry, logger: logger),
    ]
    if configuration.workers.count > 0 {
        // Waiting for jobs blocks a connection.
        let reader = RedisClient(configuration: configuration.redis, logger: logger)
        var settings = JobSettings()
        settings.concurrency = configuration.workers.count
        settings.lockTimeToLive = configuration.workers.lockTime
        settings.heartbeat = min(settings.heartbeat, configuration.workers.lockTime / 6)
        settings.watchTime = configuration.workers.lockTime * 3
        services.append(reader)
        services.append(
            JobWorker(
                redis: redis, reader: reader, keys: keys, provider: provider, settings: settings,
                metrics: JobMetrics(registry: registry, provider: provider.name), logger: logger))
        services.append(InstanceFiguresWorker(instances: instances, reader: figures, logger: logger))
    }
    if let interval = configuration.workers.reconcilerInterval {
        services.append(
            Reconciler(
                redis: redis, keys: keys, provider: provider, interval: interval, metrics: ReconcilerMetrics(registry: registry),
                logger: logger
            ) { try await binds.reconcile() })
    }

    let router = makeHTTPRouter(
        context: PushaasRequestContext.self, metrics: registry,
        securityHeaders: SecurityHeadersMiddleware<PushaasRequestContext>(cacheablePrefixes: ["/admin"]))
    let checks = HealthChecks(
        [
            HealthCheck("redis") { try await redis.ping(timeout: .seconds(1)) },
            HealthCheck("provider") { try await provider.check() },
        ], drainState: drainState)
    HealthEndpoints(checks: checks, registry: registry).add(to: router)
    AdminController(site: .pushaas(needsSignIn: configuration.authentication != nil)).addRoutes(to: router)
    APIDocumentation.pushaas.addRoutes(to: router)

    let group = router.group("api/v1")
    if let authentication = configuration.authentication {
        group.add(
            middleware: SignInMiddleware(
                user: authentication.user, password: authentication.password, proxies: configuration.trustedProxies,
                registry: registry))
    } else {
        logger.warning("Authentication is off (api.enable_auth): whoever reaches this port can create and destroy instances")
    }
    group.add(middleware: CrossSiteRequestMiddleware())
    ResourcesController(service: service, binds: binds, progress: progress, figures: figures).addRoutes(to: group)
    AdminAPIController(
        service: service, binds: binds, progress: progress, figures: figures,
        inspector: InstanceInspector(repository: instances, provider: provider), user: configuration.authentication?.user
    ).addRoutes(to: group)

    services.append(
        HTTPService(
            router: router, address: .init(host: configuration.host, port: configuration.port), metrics: registry, logger: logger,
            onListening: onListening))
    return services
}
