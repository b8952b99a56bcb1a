import PushRedis
import PushaasProvisioning

/// How much an instance is used. `nil` where it is not known.
public struct InstanceFigures: Sendable, Hashable {
    /// At this moment, over all push-streams.
    public var subscribers: Int?
    /// Since midnight, UTC.
    public var messagesToday: Int?
    /// Why something is not known, in a sentence.
    public var problem: String?

    public init(subscribers: Int? = nil, messagesToday: Int? = nil, problem: String? = nil) {
        self.subscribers = subscribers
        self.messagesToday = messagesToday
        self.problem = problem
    }
}

/// Asks instances how much they are used, and remembers where each day's count began.
public struct InstanceFiguresReader: Sendable {
    /// Milliseconds of a day.
    private static let day = 86_400_000

    private let redis: RedisClient
    private let keys: InstanceKeys
    private let api: InstanceAPIClient
    /// For a person who waits for the answer.
    private let timeout: Duration
    /// Milliseconds since 1970.
    private let now: @Sendable () -> Int

    public init(redis: RedisClient, keys: InstanceKeys, api: InstanceAPIClient, timeout: Duration = .seconds(3)) {
        self.init(redis: redis, keys: keys, api: api, timeout: timeout) { RecordCoding.now() }
    }

    init(
        redis: RedisClient, keys: InstanceKeys, api: InstanceAPIClient, timeout: Duration, now: @escaping @Sendable () -> Int
    ) {
        self.redis = redis
        self.keys = keys
        self.api = api
        self.timeout = timeout
        self.now = now
    }

    /// - Returns: What is known; an instance that does not answer is no error.
    func figures(of instance: Instance) async -> InstanceFigures {
        guard instance.isComplete else { return InstanceFigures(problem: "the instance is not running") }
        let counts: InstanceAPIClient.Counts?
        do throws(InstanceAPIError) {
            counts = try await self.api.counts(of: instance, timeout: self.timeout)
        } catch {
            return InstanceFigures(problem: "push-api \(error)")
        }
        guard let counts else { return InstanceFigures(problem: "no push-stream has reported yet") }
        guard let published = counts.published else { return InstanceFigures(subscribers: counts.subscribers) }
        do {
            return InstanceFigures(
                subscribers: counts.subscribers, messagesToday: try await self.countToday(published, of: instance))
        } catch {
            return InstanceFigures(
                subscribers: counts.subscribers, problem: "Redis, which remembers the day's beginning, does not answer")
        }
    }

    /// - Parameter published: How many messages there have ever been.
    private func countToday(_ published: Int, of instance: Instance) async throws(RedisError) -> Int? {
        let now = self.now()
        // What an instance that was made today has published is of today.
        let isNew = instance.created / Self.day == now / Self.day
        let reply = try await self.redis.run(
            Self.countScript, keys: [self.keys.figures(instance.id)],
            arguments: [now / Self.day, published, isNew ? 1 : 0, 3 * Self.day])
        return reply.int
    }

    /// Notes a count, and returns how many of it are of this day.
    ///
    /// A new day begins with the last count of the day before. A count that has become smaller is of a Redis that began anew. KEYS: figures.
    /// ARGV: day, count, whether a first count is of this day, lifetime.
    private static let countScript = RedisScript(
        """
        local count = tonumber(ARGV[2])
        local stored = redis.call('HMGET', KEYS[1], 'day', 'base', 'last')
        local base = tonumber(stored[2] or '')
        local last = tonumber(stored[3] or '')
        if not base or not last then
          base = ARGV[3] == '1' and 0 or count
        else
          if stored[1] ~= ARGV[1] then base = last end
          if count < last then base = base - last end
        end
        redis.call('HSET', KEYS[1], 'day', ARGV[1], 'base', base, 'last', count)
        redis.call('PEXPIRE', KEYS[1], ARGV[4])
        return count - base
        """)
}
