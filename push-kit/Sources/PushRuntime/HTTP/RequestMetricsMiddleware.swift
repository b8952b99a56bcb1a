import HTTPTypes
import Hummingbird
import Metrics
import Synchronization

/// `http_server_requests_total{method,route,status}` and `http_server_request_duration_seconds{route}`.
///
/// Labels are bounded: the route's template, `unmatched` for paths without a route, `OTHER` for uncommon methods.
public struct RequestMetricsMiddleware<Context: RequestContext>: RouterMiddleware {
    private let metrics: RequestMetrics

    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        metrics = RequestMetrics(factory: factory)
    }

    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let route = context.endpointPath.map { $0 == "NotFound" ? "unmatched" : $0 } ?? "unmatched"
        let method = request.method.isCommon ? request.method.rawValue : "OTHER"
        metrics.record(method: method, route: route, status: response.status.code, duration: ContinuousClock.now - start)
        return response
    }
}

extension HTTPRequest.Method {
    /// Methods that get a metric label of their own.
    var isCommon: Bool {
        switch self {
        case .get, .head, .post, .put, .patch, .delete, .options: true
        default: false
        }
    }
}

/// Making a handle sorts and escapes labels; a request should not.
final class RequestMetrics: Sendable {
    private struct CounterKey: Hashable {
        let method: String
        let route: String
        let status: Int
    }
    private struct State {
        var counters: [CounterKey: Counter] = [:]
        var timers: [String: Timer] = [:]
    }
    private let factory: any MetricsFactory
    private let state = Mutex(State())

    init(factory: any MetricsFactory) {
        self.factory = factory
        if let registry = factory as? PrometheusRegistry {
            registry.describe("http_server_requests_total", help: "Requests answered.")
            registry.describe("http_server_request_duration_seconds", help: "From a request's head to its response's head.")
        }
    }

    /// - Parameters:
    ///   - method: A common one, or `OTHER`.
    ///   - route: The route's template.
    func record(method: String, route: String, status: Int, duration: Duration) {
        counter(method: method, route: route, status: status).increment()
        let (seconds, attoseconds) = duration.components
        timer(route: route).recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }

    func counter(method: String, route: String, status: Int) -> Counter {
        let key = CounterKey(method: method, route: route, status: status)
        return state.withLock { state in
            if let counter = state.counters[key] { return counter }
            let counter = Counter(
                label: "http_server_requests_total",
                dimensions: [("method", method), ("route", route), ("status", String(status))], factory: factory)
            state.counters[key] = counter
            return counter
        }
    }

    func timer(route: String) -> Timer {
        state.withLock { state in
            if let timer = state.timers[route] { return timer }
            let timer = Timer(
                label: "http_server_request_duration_seconds", dimensions: [("route", route)], preferredDisplayUnit: .seconds,
                factory: factory)
            state.timers[route] = timer
            return timer
        }
    }
}
