import PushRedis

/// Holds publishers to their limits, over all push-apis together: what is used up is in Redis, whose clock counts.
///
/// The algorithm is GCRA as a leaky bucket: each limit has a level, which rises by what is published and falls by the rate; what
/// would lift it above one second's worth has to wait. Both levels are one value under one key, so that one script decides about
/// messages and bytes together, and a refusal changes neither.
struct RateLimiter: Sendable {
    let redis: RedisClient

    /// What of a request counts against the limits.
    struct Cost: Equatable, Sendable {
        var messages = 0
        var bytes = 0
    }

    /// Takes a cost off what may be published, unless it is too much at present.
    ///
    /// - Parameter cost: Nothing, to look at the state.
    func take(_ cost: Cost, _ allowance: RateLimitAllowance) async throws(RedisError) -> RateLimitState {
        let reply = try await self.redis.run(
            Self.script, keys: [allowance.redisKey],
            arguments: [
                allowance.limits.messagesPerSecond ?? 0, allowance.limits.bytesPerSecond ?? 0, cost.messages, cost.bytes,
            ])
        let numbers = reply.array?.compactMap(\.int) ?? []
        guard numbers.count == 6 else {
            throw RedisError(
                code: .protocolViolation, message: "the rate limit's script answered something else", mayHaveExecuted: true)
        }
        return RateLimitState(
            exceeded: .init(rawValue: UInt8(truncatingIfNeeded: numbers[0])), wait: numbers[1],
            messages: .init(remaining: numbers[2], reset: numbers[3]), bytes: .init(remaining: numbers[4], reset: numbers[5]))
    }

    /// `ARGV`: the two limits (0 for none) and the two costs.
    ///
    /// Times are microseconds since 1970, below 2^53 and so exact; levels are floating point, hence the margin of a millionth.
    /// After two seconds without a publication the levels are 0 and the key is gone. A clock that was set back lets nothing drain
    /// until the next request.
    ///
    /// Answers which limits are exceeded (1 messages, 2 bytes), the seconds to wait, and for each limit what is left and the seconds
    /// until all of it is back.
    private static let script = RedisScript(
        """
        local margin = 0.000001
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
        local last, levels = now, {0, 0}
        local stored = redis.call('GET', KEYS[1])
        if stored then
          local at, messages, bytes = string.match(stored, '^(%S+) (%S+) (%S+)$')
          last, levels = tonumber(at), {tonumber(messages), tonumber(bytes)}
        end
        local seconds = math.max(0, now - last) / 1000000
        local exceeded, wait, taken = 0, 0, false
        for i = 1, 2 do
          local rate, cost = tonumber(ARGV[i]), tonumber(ARGV[i + 2])
          levels[i] = math.max(0, levels[i] - seconds * rate)
          if rate > 0 and cost > 0 then
            taken = true
            local over = levels[i] + cost - rate
            if over > margin then
              exceeded = exceeded + i
              wait = math.max(wait, over / rate)
            end
          end
        end
        local answer = {exceeded, math.ceil(wait - margin)}
        for i = 1, 2 do
          local rate, cost = tonumber(ARGV[i]), tonumber(ARGV[i + 2])
          if rate > 0 then
            if exceeded == 0 then levels[i] = levels[i] + cost end
            answer[#answer + 1] = math.max(0, math.floor(rate - levels[i] + margin))
            answer[#answer + 1] = math.max(0, math.ceil(levels[i] / rate - margin))
          else
            answer[#answer + 1] = 0
            answer[#answer + 1] = 0
          end
        end
        if (taken and exceeded == 0) or last > now then
          redis.call('SET', KEYS[1], string.format('%.0f %.17g %.17g', now, levels[1], levels[2]), 'PX', 2000)
        end
        return answer
        """)
}

/// How a key stands with its limits.
struct RateLimitState: Equatable, Sendable {
    struct Exceeded: OptionSet, Sendable {
        let rawValue: UInt8

        static let messages = Exceeded(rawValue: 1)
        static let bytes = Exceeded(rawValue: 2)
    }

    struct Quota: Equatable, Sendable {
        /// What may be published at once, rounded down.
        let remaining: Int
        /// Seconds until a whole second's worth may be, rounded up.
        let reset: Int
    }

    /// The limits for which the cost was too much; nothing was taken then.
    let exceeded: Exceeded
    /// Seconds until the cost could be taken, rounded up; 0 if it was.
    let wait: Int
    let messages: Quota
    let bytes: Quota
}
