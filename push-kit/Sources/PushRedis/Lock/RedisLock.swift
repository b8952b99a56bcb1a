/// A lock that one holder has at a time, for as long as it renews it: a key with a time to live and a random token.
///
/// It lives on one Redis master. After a failover to a replica that had not got the key yet, two may hold it for up to `timeToLive`: fit
/// to spare work, not to guard what must never happen twice. The way is the one that https://redis.io/commands/set describes.
public struct RedisLock: Sendable {
    public let client: RedisClient
    public let key: String
    /// How long the lock outlives a holder that does not renew it. More than zero, to the millisecond.
    public let timeToLive: Duration

    public init(client: RedisClient, key: String, timeToLive: Duration) {
        self.client = client
        self.key = key
        self.timeToLive = timeToLive
    }

    /// Takes the lock if nobody has it. It does not wait.
    ///
    /// - Returns: `nil` if somebody has it.
    public func acquire() async throws(RedisError) -> Lease? {
        let lease = Lease(lock: self, token: Self.makeToken())
        return try await client.set(key, lease.token, expiration: timeToLive, onlyIfAbsent: true) ? lease : nil
    }

    /// Runs `body` while holding the lock, and releases it afterwards, also when `body` throws or the task is cancelled.
    ///
    /// A body that takes longer than `timeToLive` has to renew the lease, and to stop when that fails.
    ///
    /// - Returns: whether the lock was obtained; if not, `body` has not been called.
    @discardableResult
    public func withLock(_ body: (Lease) async throws -> Void) async throws -> Bool {
        guard let lease = try await acquire() else { return false }
        do {
            try await body(lease)
        } catch {
            // The body's error counts. If the release fails as well, the lock ends with its time to live.
            _ = try? await lease.release()
            throw error
        }
        try await lease.release()
        return true
    }

    /// The right to the lock that one call of `acquire` gave.
    public struct Lease: Sendable {
        let lock: RedisLock
        let token: String

        /// Sets the time to live anew.
        ///
        /// - Returns: `false` if the lock is lost: it ran out, and somebody else may have it.
        public func renew() async throws(RedisError) -> Bool {
            let script =
                "if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('PEXPIRE',KEYS[1],ARGV[2]) else return 0 end"
            let command = RedisCommand("EVAL", script, 1, lock.key, token, lock.timeToLive.wholeMilliseconds)
            return try await lock.client.send(command).decode("an integer", \.int) == 1
        }

        /// Gives the lock back, also when the task is cancelled. It does no harm if the lock is lost.
        ///
        /// - Returns: `false` if the lock was lost before.
        @discardableResult
        public func release() async throws(RedisError) -> Bool {
            let script = "if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('DEL',KEYS[1]) else return 0 end"
            let command = RedisCommand("EVAL", script, 1, lock.key, token)
            return try await lock.client.send(command, isCancellable: false).decode("an integer", \.int) == 1
        }
    }

    private static func makeToken() -> String {
        var generator = SystemRandomNumberGenerator()
        return String(generator.next(), radix: 16) + String(generator.next(), radix: 16)
    }
}
