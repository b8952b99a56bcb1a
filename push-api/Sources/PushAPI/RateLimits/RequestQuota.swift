import HTTPTypes
import Logging
import Metrics
import PushModels
import PushRedis
import PushRuntime
import Synchronization

/// Limits, and whose they are.
struct RateLimitAllowance: Sendable {
    /// In sentences: `this key`.
    let holder: String
    /// Where Redis keeps what is used up.
    let redisKey: String
    let limits: RateLimits

    static func key(_ id: String, _ limits: RateLimits) -> RateLimitAllowance {
        RateLimitAllowance(holder: "this key", redisKey: RedisKeys.rateLimit(apiKey: id), limits: limits)
    }

    /// What all publishers together may publish.
    static func service(_ limits: RateLimits) -> RateLimitAllowance {
        RateLimitAllowance(holder: "this Push Service", redisKey: RedisKeys.serviceRateLimit, limits: limits)
    }
}

/// What one request may take, and what the answer says about it.
final class RequestQuota: Sendable {
    private let limiter: RateLimiter
    private let metrics: RateLimitMetrics
    private let allowances: [RateLimitAllowance]
    /// Of the first allowance, which is the one that the answer tells about.
    private let state = Mutex<RateLimitState?>(nil)

    /// - Parameter allowances: The narrowest first: what one key has too much must not use up what is everybody's. At least one.
    init(limiter: RateLimiter, metrics: RateLimitMetrics, allowances: [RateLimitAllowance]) {
        self.limiter = limiter
        self.metrics = metrics
        self.allowances = allowances
    }

    /// Takes the cost of a publication off every allowance.
    ///
    /// - Throws: 429 with `Retry-After` for more than the key may publish at present; 400 or 413 for more than it may ever; 503 if
    ///   Redis cannot be asked.
    func take(_ cost: RateLimiter.Cost, logger: Logger) async throws(APIError) {
        for allowance in self.allowances { try Self.check(cost, allowance) }
        for (index, allowance) in self.allowances.enumerated() {
            let state: RateLimitState
            do {
                state = try await self.limiter.take(cost, allowance)
            } catch {
                // Whether the cost was taken or not, nothing was published.
                throw APIError.redis(error, .read, .messageFailed, action: "the message was not published", logger: logger)
            }
            if index == 0 { self.state.withLock { $0 = state } }
            try self.check(state, allowance)
        }
    }

    /// - Throws: 400 or 413 for what could never pass.
    private static func check(_ cost: RateLimiter.Cost, _ allowance: RateLimitAllowance) throws(APIError) {
        if let limit = allowance.limits.messagesPerSecond, cost.messages > limit {
            throw APIError(
                .badRequest, .messageFormat,
                "the request has \(cost.messages) messages, counted for each channel, and \(allowance.holder) may publish \(limit) per "
                    + "second: send fewer at a time")
        }
        if let limit = allowance.limits.bytesPerSecond, cost.bytes > limit {
            throw APIError(
                .contentTooLarge, .messageFormat,
                "the request has \(cost.bytes) bytes of content, counted for each channel, and \(allowance.holder) may publish \(limit) "
                    + "per second: send less at a time")
        }
    }

    private func check(_ state: RateLimitState, _ allowance: RateLimitAllowance) throws(APIError) {
        guard !state.exceeded.isEmpty else { return }
        self.metrics.limited(state.exceeded)
        let what = [(RateLimitState.Exceeded.messages, "messages"), (.bytes, "bytes")]
            .filter { state.exceeded.contains($0.0) }.map(\.1).joined(separator: " and ")
        let seconds = max(1, state.wait)
        throw APIError(
            .tooManyRequests,
            message: "\(allowance.holder) has reached its limit of \(what) per second: repeat the request in \(seconds) s",
            headers: [.retryAfter: "\(seconds)"])
    }

    /// The header fields of the answer.
    ///
    /// - Parameter asks: Whether Redis is asked if nothing was taken.
    func fields(asks: Bool) async -> HTTPFields {
        guard let allowance = self.allowances.first else { return [:] }
        var state = self.state.withLock { $0 }
        if state == nil, asks { state = try? await self.limiter.take(.init(), allowance) }
        return RateLimitFields.make(allowance.limits, state)
    }
}

/// How many publications were refused.
struct RateLimitMetrics: Sendable {
    private let messages: Counter
    private let bytes: Counter

    init(registry: PrometheusRegistry) {
        registry.describe(
            "push_api_rate_limited_total",
            help: "Publications refused because of a limit of their key or of the whole service, by limit.")
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
