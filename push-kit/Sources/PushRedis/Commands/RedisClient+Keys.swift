extension RedisClient {
    /// Asks for a sign of life.
    ///
    /// - Parameter timeout: how long to wait; `commandTimeout` if `nil`. A readiness check wants less.
    public func ping(timeout: Duration? = nil) async throws(RedisError) {
        try await send(RedisCommand("PING"), timeout: timeout)
    }

    /// Deletes keys.
    ///
    /// - Returns: how many of them existed.
    @discardableResult
    public func delete(_ keys: String...) async throws(RedisError) -> Int {
        try await delete(keys)
    }

    /// Deletes keys; none if `keys` is empty.
    ///
    /// - Returns: how many of them existed.
    @discardableResult
    public func delete(_ keys: [String]) async throws(RedisError) -> Int {
        guard !keys.isEmpty else { return 0 }
        return try await send(RedisCommand("DEL", arguments: keys)).decode("an integer", \.int)
    }

    /// Sets a key's time to live, to the millisecond. A time of zero or less deletes the key.
    ///
    /// - Returns: whether the key exists.
    @discardableResult
    public func expire(_ key: String, after duration: Duration) async throws(RedisError) -> Bool {
        try await send(RedisCommand("PEXPIRE", key, duration.wholeMilliseconds)).decode("an integer", \.int) == 1
    }

    /// How long a key has to live.
    public func ttl(_ key: String) async throws(RedisError) -> RedisTTL {
        let milliseconds = try await send(RedisCommand("PTTL", key)).decode("an integer", \.int)
        switch milliseconds {
        case -2: return .noKey
        case -1: return .persistent
        default: return .remaining(.milliseconds(milliseconds))
        }
    }

    /// One step through all keys. Keys may come twice; keys that exist throughout come at least once.
    ///
    /// - Parameters:
    ///   - cursor: `RedisScanCursor.start` at first, then what the last step gave.
    ///   - pattern: a glob, such as `ch_*`. Escape what is meant literally with `RedisClient.escapedGlob(_:)`.
    ///   - count: a hint of how many keys the server looks at.
    /// - Returns: keys, perhaps none, and where to go on: `nil` at the end.
    public func scan(
        _ cursor: RedisScanCursor = .start, matching pattern: String? = nil, count: Int = 1000
    ) async throws(RedisError) -> (keys: [String], next: RedisScanCursor?) {
        var command = RedisCommand("SCAN", cursor.value)
        if let pattern {
            command.append("MATCH")
            command.append(pattern)
        }
        command.append("COUNT")
        command.append(count)
        return try await send(command).decode("a cursor and keys") { reply in
            guard let parts = reply.array, parts.count == 2, let next = parts[0].string, let keys = parts[1].array else {
                return nil
            }
            return (keys.compactMap(\.string), next == "0" ? nil : RedisScanCursor(value: next))
        }
    }

    /// `text` as a glob pattern that matches itself only.
    public static func escapedGlob(_ text: some StringProtocol) -> String {
        String(text.flatMap { #"*?[]\^"#.contains($0) ? ["\\", $0] : [$0] })
    }
}

/// A place in a scan through all keys.
public struct RedisScanCursor: Sendable, Hashable {
    let value: String

    public static let start = RedisScanCursor(value: "0")
}

/// A key's time to live.
public enum RedisTTL: Sendable, Hashable {
    case noKey
    /// The key lives until it is deleted.
    case persistent
    case remaining(Duration)
}

extension Duration {
    /// Rounded up, so that a positive duration never becomes zero, which Redis refuses or takes for "for ever".
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        let clamped = min(max(seconds, -(1 << 50)), 1 << 50)
        return Int(clamped) * 1000 + Int((attoseconds + (attoseconds > 0 ? 999_999_999_999_999 : 0)) / 1_000_000_000_000_000)
    }
}
