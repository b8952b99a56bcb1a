import HTTPTypes

/// The `RateLimit-Policy` and `RateLimit` header fields (draft-ietf-httpapi-ratelimit-headers): quotas `q` per window of `w` seconds,
/// what remains (`r`), and the seconds until all of it is back (`t`).
enum RateLimitFields {
    /// - Parameter state: `nil` when it is not known; then only the policy is told.
    static func make(_ limits: RateLimits, _ state: RateLimitState?) -> HTTPFields {
        var policies: [String] = []
        var states: [String] = []
        if let limit = limits.messagesPerSecond {
            policies.append(#""messages";q=\#(limit);w=1"#)
            if let quota = state?.messages { states.append(#""messages";r=\#(quota.remaining);t=\#(quota.reset)"#) }
        }
        if let limit = limits.bytesPerSecond {
            policies.append(#""bytes";q=\#(limit);w=1"#)
            if let quota = state?.bytes { states.append(#""bytes";r=\#(quota.remaining);t=\#(quota.reset)"#) }
        }
        var fields: HTTPFields = [.rateLimitPolicy: policies.joined(separator: ", ")]
        if !states.isEmpty { fields[.rateLimit] = states.joined(separator: ", ") }
        return fields
    }
}

extension HTTPField.Name {
    static let rateLimit = Self("RateLimit")!
    static let rateLimitPolicy = Self("RateLimit-Policy")!
}
