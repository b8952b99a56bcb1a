import Hummingbird
import Logging
import NIOCore
import PushRuntime

/// Runs a router behind `HTTPService` on a free port for as long as the body takes.
func withServer<Result: Sendable>(
    limits: HTTPServerLimits = .patient, directRoute: (any DirectRoute)? = nil,
    registry: PrometheusRegistry = PrometheusRegistry(), logger: Logger = .quiet,
    _ configure: (Router<BasicRequestContext>) -> Void, _ body: @escaping @Sendable (Int) async throws -> Result
) async throws -> Result {
    let router = makeHTTPRouter(context: BasicRequestContext.self, metrics: registry)
    configure(router)
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let service = HTTPService(
        router: router, address: .init(host: "127.0.0.1", port: 0), limits: limits, directRoute: directRoute, metrics: registry,
        logger: logger
    ) { continuation.yield($0.port ?? 0) }
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await service.run() }
        defer { group.cancelAll() }
        return try await withDeadline(.seconds(120)) {
            guard let port = await ports.first(where: { _ in true }) else { throw DeadlineExceeded() }
            return try await body(port)
        }
    }
}

extension HTTPServerLimits {
    /// For tests of other things than time: none of its ends comes while a slow machine is still about its answer.
    static var patient: HTTPServerLimits {
        var limits = HTTPServerLimits()
        limits.headTimeout = .seconds(60)
        limits.bodyTimeout = .seconds(60)
        limits.writeTimeout = .seconds(60)
        limits.lingerTimeout = .seconds(60)
        return limits
    }
}

extension Logger {
    /// Keeps metadata, as a real one does, and writes nowhere.
    static let quiet = Logger(label: "test") {
        LineLogHandler(label: $0, level: .critical, format: .json, sink: LogSink(descriptor: -1))
    }
}
