extension RedisClient {
    /// Sets a member's score, and adds the member if it is new.
    ///
    /// - Returns: whether it was new.
    @discardableResult
    public func zadd(_ key: String, score: Double, member: String) async throws(RedisError) -> Bool {
        try await send(.zadd(key, score: score, member: member)).decode("an integer", \.int) == 1
    }

    /// Removes members.
    ///
    /// - Returns: how many of them were there.
    @discardableResult
    public func zrem(_ key: String, _ members: [String]) async throws(RedisError) -> Int {
        guard !members.isEmpty else { return 0 }
        return try await send(RedisCommand("ZREM", arguments: [key] + members)).decode("an integer", \.int)
    }

    /// The number of members.
    public func zcard(_ key: String) async throws(RedisError) -> Int {
        try await send(RedisCommand("ZCARD", key)).decode("an integer", \.int)
    }

    /// Members by rank, lowest score first, members of equal score in byte order.
    ///
    /// - Parameters:
    ///   - offset: how many to leave out at the start.
    ///   - limit: how many at most; all if `nil`.
    public func zrange(_ key: String, offset: Int = 0, limit: Int? = nil) async throws(RedisError) -> [String] {
        let start = max(offset, 0)
        if let limit, limit <= 0 { return [] }
        let stop = limit.map { start + $0 - 1 } ?? -1
        return try await send(RedisCommand("ZRANGE", key, start, stop)).decode("an array", \.strings)
    }

    /// Members whose score lies in `scores`, lowest score first.
    ///
    /// - Parameters:
    ///   - scores: both ends included; `-Double.infinity...x` for "up to x".
    ///   - limit: how many at most; all if `nil`.
    public func zrange(
        _ key: String, scores: ClosedRange<Double>, offset: Int = 0, limit: Int? = nil
    ) async throws(RedisError) -> [String] {
        let command = RedisCommand(
            "ZRANGEBYSCORE", key, scores.lowerBound, scores.upperBound, "LIMIT", max(offset, 0), limit.map { max($0, 0) } ?? -1)
        return try await send(command).decode("an array", \.strings)
    }
}

extension RedisCommand {
    /// `ZADD`, for pipelines and transactions.
    public static func zadd(_ key: String, score: Double, member: String) -> RedisCommand {
        RedisCommand("ZADD", key, score, member)
    }
}

extension RedisValue {
    /// An array of strings; `nil` if any item is none.
    var strings: [String]? {
        guard let array else { return nil }
        let strings = array.compactMap(\.string)
        return strings.count == array.count ? strings : nil
    }
}
