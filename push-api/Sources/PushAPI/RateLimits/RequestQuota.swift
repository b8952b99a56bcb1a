import HTTPTypes
import Logging
import Metrics
import PushRedis
import PushRuntime
import Synchronization

/// What one request of a limited key may take, and what the answer says about it.
final class RequestQuota: Sendable {
    private let limiter: RateLimiter
    private let metrics: RateLimitMetrics
    private let keyID: String
    private let limits: RateLimits
    private let state = Mutex<RateLimitState?>(nil)

    init(limiter: RateLimiter, metrics: RateLimitMetrics, keyID: String, limits: RateLimits) {
        self.limiter = limiter
        self.metrics = metrics
        self.keyID = keyID
        self.limits = limits
    }

    /// Takes the cost of a publication off what the key may publish.
    ///
    /// - Throws: 429 with `Retry-After` for more than the key may publish at present; 400 or 413 for more than it may ever; 503 if
    ///   Redis cannot be asked.
    func take(_ cost: RateLimiter.Cost, logger: Logger) async throws(APIError) {
        if let limit = self.limits.messagesPerSecond, cost.messages > limit {
            throw APIError(
                .badRequest, .messageFormat,
                "the request has \(cost.messages) messages, counted for each channel, and this key may publish \(limit) per second: "
                    + "send fewer at a time")
        }
        if let limit = self.limits.bytesPerSecond, cost.bytes > limit {
            throw APIError(
                .contentTooLarge, .messageFormat,
                "the request has \(cost.bytes) bytes of content, counted for each channel, and this key may publish \(limit) per "
                    + "second: send less at a time")
        }
        let state: RateLimitState
        do {
            state = try await self.limiter.take(cost, key: self.keyID, limits: self.limits)
        } catch {
            // Whether the cost was taken or not, nothing was published.
            throw APIError.redis(error, .read, .messageFailed, action: "the message was not published", logger: logger)
        }
        self.state.withLock { $0 = state }
        guard !state.exceeded.isEmpty else { return }
        self.metrics.limited(state.exceeded)
        let what = [(RateLimitState.Exceeded.messages, "messages"), (.bytes, "bytes")]
            .filter { state.exceeded.contains($0.0) }.map(\.1).joined(separator: " and ")
        let seconds = max(1, state.wait)
        throw APIError(
            .tooManyRequests, message: "this key has reached its limit of \(what) per second: repeat the request in \(seconds) s",
            headers: [.retryAfter: "\(seconds)"])
    }

    /// The header fields of the answer.
    ///
    /// - Parameter asks: Whether Redis is asked if nothing was taken.
    func fields(asks: Bool) async -> HTTPFields {
        var state = self.state.withLock { $0 }
        if state == nil, asks { state = try? await self.limiter.take(.init(), key: self.keyID, limits: self.limits) }
        return RateLimitFields.make(self.limits, state)
    }
}

/// How many publications were refused.
struct RateLimitMetrics: Sendable {
    private let messages: Counter
    private let bytes: Counter

    init(registry: PrometheusRegistry) {
        registry.describe("push_api_rate_limited_total", help: "Publications refused because of a key's limit, by limit.")
        func counter(_ limit: String) -> Counter {
            Counter(label: "push_api_rate_limited_total", dimensions: [("limit", limit)], factory: registry)
        }
        self.messages = counter("messages")
        self.bytes = counter("bytes")
    }

    func limited(_ exceeded: RateLimitState.Exceeded) {
        if exceeded.contains(.messages) { self.messages.increment() }
        if exceeded.contains(.bytes) { self.bytes.increment() }
    }
}
