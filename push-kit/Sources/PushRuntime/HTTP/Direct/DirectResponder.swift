import HTTPTypes
import Logging
import Metrics
import NIOCore
import NIOHTTP1
import Synchronization

/// A direct route with what the router's middleware does for all other routes.
struct DirectResponder: Sendable {
    let route: any DirectRoute
    let logger: Logger
    private let metrics: RequestMetrics
    private let dates = HTTPDateCache()
    private let securityHeaders: [(name: String, value: String)]

    init(route: any DirectRoute, logger: Logger, metrics: any MetricsFactory, securityHeaders: [HTTPField]) {
        self.route = route
        self.logger = logger
        self.metrics = RequestMetrics(factory: metrics)
        self.securityHeaders = securityHeaders.map { ($0.name.rawName, $0.value) }
    }

    /// Whether a request may be one of the route, as far as its head tells.
    func mayRespond(to head: HTTPRequestHead) -> Bool {
        guard head.method == route.method, head.uri == route.path, head.version == .http1_1,
            !head.headers.contains(name: "Transfer-Encoding"), !head.headers.contains(name: "Expect"),
            let length = head.headers.first(name: "Content-Length").flatMap({ Int($0) })
        else { return false }
        return length <= route.maximumBodySize
    }

    func request(_ head: HTTPRequestHead, _ body: ByteBuffer, from remoteAddress: SocketAddress?) -> DirectRequest {
        let given = head.headers.first(name: "X-Request-ID").flatMap { RequestIdentifier.isSane($0) ? $0 : nil }
        return DirectRequest(
            head: head, body: body, remoteAddress: remoteAddress, id: given ?? RequestIdentifier.make(), baseLogger: logger)
    }

    /// Logs and counts an answer.
    /// - Returns: the head with the headers that every response has.
    func finish(_ request: DirectRequest, _ response: DirectResponse, since start: ContinuousClock.Instant) -> HTTPResponseHead {
        let duration = ContinuousClock.now - start
        metrics.record(
            method: request.head.method.rawValue, route: route.path, status: Int(response.status.code), duration: duration)
        AccessLog.write(
            to: logger, id: request.id, method: request.head.method.rawValue, path: route.path,
            status: Int(response.status.code), bytes: response.body.count, duration: duration)
        var headers = HTTPHeaders()
        headers.reserveCapacity(response.headers.count + securityHeaders.count + 3)
        for (name, value) in response.headers { headers.add(name: name, value: value) }
        for (name, value) in securityHeaders { headers.add(name: name, value: value) }
        headers.add(name: "X-Request-ID", value: request.id)
        headers.add(name: "Date", value: dates.now())
        if response.status != .noContent { headers.add(name: "Content-Length", value: String(response.body.count)) }
        return HTTPResponseHead(version: .http1_1, status: response.status, headers: headers)
    }
}

/// The value of `Date` (RFC 9110, section 5.6.7), written anew when a second has passed.
private final class HTTPDateCache: Sendable {
    private let last = Mutex<(second: Int, text: String)>((-1, ""))

    func now() -> String {
        let second = HTTPDateText.second()
        return last.withLock { last in
            if last.second != second { last = (second, HTTPDateText.format(seconds: second)) }
            return last.text
        }
    }
}
