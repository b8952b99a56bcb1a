import HTTPTypes
import Hummingbird
import PushRuntime

/// Gives the requests of limited keys, and all requests where the service is limited, their quota, and all answers to them the
/// `RateLimit` header fields.
struct RateLimitMiddleware: RouterMiddleware {
    let limiter: RateLimiter
    /// What all publishers together may publish; `nil` without limit.
    let service: RateLimits?
    let metrics: RateLimitMetrics

    func handle(
        _ request: Request, context: APIRequestContext, next: (Request, APIRequestContext) async throws -> Response
    ) async throws -> Response {
        var allowances: [RateLimitAllowance] = []
        if case .key(let id, _) = context.principal.identity, let limits = context.principal.limits {
            allowances.append(.key(id, limits))
        }
        if let service { allowances.append(.service(service)) }
        guard !allowances.isEmpty else { return try await next(request, context) }
        let quota = RequestQuota(limiter: self.limiter, metrics: self.metrics, allowances: allowances)
        var context = context
        context.quota = quota
        do {
            var response = try await next(request, context)
            response.headers.append(contentsOf: await quota.fields(asks: true))
            return response
        } catch let error as APIError {
            // Not after an error of the server: if Redis was away, asking once more would only take longer.
            let fields = await quota.fields(asks: error.status.kind != .serverError)
            var headers = error.headers
            headers.append(contentsOf: fields)
            throw APIError(error.status, code: error.code, message: error.message, headers: headers)
        }
    }
}

extension APIRequestContext {
    /// Checks that the principal may publish messages to their channels, and takes them off its quota.
    ///
    /// - Throws: 403 for a channel that it may not use; 429, 400, 413 or 503 as ``RequestQuota/take(_:logger:)``.
    func admit(_ messages: [PublishRequest]) async throws(APIError) {
        if !self.principal.mayUseAllChannels {
            for message in messages {
                for channel in message.channels { try self.principal.requireUse(of: channel) }
            }
        }
        guard let quota = self.quota else { return }
        var cost = RateLimiter.Cost()
        for message in messages {
            cost.messages += message.channels.count
            cost.bytes += message.channels.count * message.contentLength
        }
        try await quota.take(cost, logger: self.logger)
    }
}

extension PublishRequest {
    /// Bytes of the content in UTF-8, before it was percent-encoded.
    var contentLength: Int {
        self.encodedContent.utf8.reduce(0) { $0 + ($1 == UInt8(ascii: "%") ? -1 : 1) }
    }
}
