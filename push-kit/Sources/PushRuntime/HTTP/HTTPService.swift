import Hummingbird
import HummingbirdCore
import Logging
import Metrics
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// A component's HTTP server: a router behind `HTTPServerLimits`, as a service.
public struct HTTPService: Service, CustomStringConvertible {
    /// What to listen on, and the configuration key to name when that fails.
    public struct Address: Sendable {
        public let host: String
        /// 0 lets the system choose.
        public let port: Int
        /// For the error message: `server.port`.
        public let portKey: String

        public init(host: String, port: Int, portKey: String = "server.port") {
            self.host = host
            self.port = port
            self.portKey = portKey
        }
    }

    /// A method and a path template such as `/channels/{id}`.
    public struct Route: Hashable, Sendable, CustomStringConvertible {
        public let method: String
        public let path: String

        public init(method: String, path: String) {
            self.method = method
            self.path = path
        }

        public var description: String { "\(method) \(path)" }
    }

    /// The routes that were added to the router, without those that answer other methods.
    public let routes: [Route]

    private let runServer: @Sendable () async throws -> Void
    private let address: Address
    private let isListening: ListeningFlag

    public var description: String { "http server on \(address.host):\(address.port)" }

    /// - Parameters:
    ///   - router: With all its routes; other methods on their paths are answered with 405 from here on. Made by
    ///     `makeHTTPRouter`, or with `autoGenerateHeadEndpoints`.
    ///   - compresses: Whether text answers of 1 KB or more are compressed for clients that accept it.
    ///   - directRoute: Answers the plain requests of one route past the router.
    ///   - metrics: Where the direct route's metrics go: where the router's do.
    ///   - securityHeaders: Of the direct route's answers: the router's.
    ///   - onListening: Called with the bound address before the first request is read.
    public init<Context: RequestContext>(
        router: Router<Context>, address: Address, limits: HTTPServerLimits = HTTPServerLimits(), compresses: Bool = true,
        directRoute: (any DirectRoute)? = nil, metrics: any MetricsFactory = MetricsSystem.factory,
        securityHeaders: SecurityHeadersMiddleware<Context> = SecurityHeadersMiddleware<Context>(),
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, logger: Logger,
        onListening: @escaping @Sendable (SocketAddress) async -> Void = { _ in }
    ) where Context.Source == ApplicationRequestContextSource {
        routes = router.routes.map { Route(method: $0.method.rawValue, path: $0.path.description) }
        router.answerOtherMethods(hasAutomaticHead: true)
        let isListening = ListeningFlag()
        let direct = directRoute.map {
            DirectLoops(
                DirectResponder(route: $0, logger: logger, metrics: metrics, securityHeaders: securityHeaders.allFields))
        }
        let application = Application(
            router: router,
            server: HTTPServerBuilder {
                HTTPServerChannel(responder: $0, limits: limits, compresses: compresses, direct: direct)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port),
                availableConnectionsDelegate: MaximumAvailableConnections(limits.maximumConnections, logger: logger)),
            onServerRunning: { channel in
                isListening.set()
                if let local = channel.localAddress { await onListening(local) }
            },
            eventLoopGroupProvider: .shared(eventLoopGroup), logger: logger)
        runServer = { try await application.run() }
        self.address = address
        self.isListening = isListening
    }

    /// - Throws: `StartupError` when the address cannot be listened on.
    public func run() async throws {
        do {
            try await runServer()
        } catch  where !isListening.value && !(error is CancellationError) {
            throw StartupError.cannotListen(host: address.host, port: address.port, key: address.portKey, error)
        }
    }
}

/// Tells errors of the start from later ones.
private final class ListeningFlag: Sendable {
    private let flag = Atomic(false)
    var value: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}

/// A router with the middleware that all components share, in their order, before any route: request id, access log,
/// metrics, security headers, error mapping.
/// - Parameter metrics: Where the request metrics go; by default where `MetricsBootstrap.install` pointed the process.
public func makeHTTPRouter<Context: RequestContext>(
    context: Context.Type, metrics: any MetricsFactory = MetricsSystem.factory,
    securityHeaders: SecurityHeadersMiddleware<Context> = SecurityHeadersMiddleware<Context>()
) -> Router<Context> {
    let router = Router(context: context, options: [.autoGenerateHeadEndpoints])
    router.add(middleware: RequestIDMiddleware())
    router.add(middleware: AccessLogMiddleware())
    router.add(middleware: RequestMetricsMiddleware(factory: metrics))
    router.add(middleware: securityHeaders)
    router.add(middleware: ErrorMappingMiddleware())
    return router
}
