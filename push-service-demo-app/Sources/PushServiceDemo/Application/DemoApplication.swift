import AsyncHTTPClient
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import PushRuntime
import ServiceLifecycle

/// How long things may take; shorter in tests.
public struct DemoTimes: Sendable {
    /// Of a call to push-api or push-stream.
    public var timeout = Duration.seconds(3)
    /// Of a call that publishes: push-api answers within two seconds also when its Redis is away.
    public var publishTimeout = Duration.seconds(10)
    /// How long the status stands before it is looked at again.
    public var statusLifetime = Duration.seconds(1)
    /// After the first failure of a publication, then twice as long each time.
    public var firstRetry = Duration.milliseconds(500)
    /// The longest pause between two tries.
    public var longestRetry = Duration.seconds(10)

    public init() {}
}

/// Composes the demo app: its services in the order in which they start; they stop in reverse.
///
/// - Parameters:
///   - registry: Where its metrics go, and what `/metrics` renders.
///   - onListening: Called with the address once requests are taken.
/// - Throws: `StartupError` when the database cannot be opened.
public func buildDemo(
    configuration: DemoConfiguration, times: DemoTimes = DemoTimes(), registry: PrometheusRegistry, drainState: DrainState,
    logger: Logger, onListening: @escaping @Sendable (SocketAddress) async -> Void = { _ in }
) throws -> [any Service] {
    let store = try ArticleStore(path: configuration.database)
    let assets = Assets()
    let pages = try Pages(assets: assets)
    let metrics = DemoMetrics(registry: registry)

    var clientConfiguration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    clientConfiguration.connectionPool.retryConnectionEstablishment = false
    let client = HTTPClient(eventLoopGroup: .singletonMultiThreadedEventLoopGroup, configuration: clientConfiguration)
    var services: [any Service] = [HTTPClientService(client: client)]

    let problem = OutboxProblem()
    var statusAPI: PushAPIClient?
    if case .success(let access) = configuration.pushService.access {
        statusAPI = PushAPIClient(client: client, access: access, timeout: times.timeout)
        services.append(
            OutboxPublisher(
                outbox: store.outbox, api: PushAPIClient(client: client, access: access, timeout: times.publishTimeout),
                problem: problem, metrics: metrics, backOff: .init(first: times.firstRetry, longest: times.longestRetry),
                logger: logger))
    } else {
        problem.set("no Push Service can be used yet")
        logger.warning(
            "no live updates: see /status", metadata: ["missing": "\(configuration.pushService.missing.map(\.rawValue))"])
    }
    let status = PushServiceStatus(
        variables: configuration.pushService, api: statusAPI, client: client, outbox: store.outbox, problem: problem,
        pushStreamCheck: configuration.pushStreamCheck, timeout: times.timeout, lifetime: times.statusLifetime)

    let router = makeHTTPRouter(
        context: BasicRequestContext.self, metrics: registry,
        securityHeaders: SecurityHeadersMiddleware<BasicRequestContext>(contentSecurityPolicy: Pages.contentSecurityPolicy))
    router.add(middleware: ErrorPageMiddleware(pages: pages))
    router.add(middleware: SameOriginMiddleware())
    // Readiness is of the app itself, which works without the Push Service.
    let checks = HealthChecks([HealthCheck("database") { try await store.check() }], drainState: drainState)
    HealthEndpoints(checks: checks, registry: registry).add(to: router)
    assets.addRoutes(to: router)
    LiveWorkerController(status: status, assets: assets).addRoutes(to: router)
    ArticlePagesController(store: store, pages: pages, metrics: metrics).addRoutes(to: router)
    ArticlesAPIController(store: store, metrics: metrics).addRoutes(to: router)
    StatusController(store: store, status: status, pages: pages).addRoutes(to: router)

    services.append(
        HTTPService(
            router: router, address: .init(host: configuration.host, port: configuration.port, portKey: "PORT"),
            metrics: registry,
            logger: logger, onListening: onListening))
    return services
}
