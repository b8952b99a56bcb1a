extension RedisClient {
    /// The bytes of a string key, or `nil` if there is no such key.
    public func get(_ key: String) async throws(RedisError) -> [UInt8]? {
        let reply = try await send(RedisCommand("GET", key))
        return reply.isNull ? nil : try reply.decode("a string", \.bytes)
    }

    /// A string key as UTF-8, or `nil` if there is no such key. Ill-formed sequences are replaced.
    public func getString(_ key: String) async throws(RedisError) -> String? {
        try await get(key).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The bytes of several string keys, in their order; `nil` for a key that does not exist or is no string.
    public func mget(_ keys: [String]) async throws(RedisError) -> [[UInt8]?] {
        guard !keys.isEmpty else { return [] }
        return try await send(RedisCommand("MGET", arguments: keys)).decode("an array", \.array).map(\.bytes)
    }

    /// Sets a string key.
    ///
    /// - Parameters:
    ///   - expiration: time to live, to the millisecond, more than zero; for ever if `nil`. It replaces the one that the key had.
    ///   - onlyIfAbsent: leaves an existing key as it is.
    /// - Returns: whether the key was set.
    @discardableResult
    public func set(
        _ key: String, _ value: some RedisArgument, expiration: Duration? = nil, onlyIfAbsent: Bool = false
    ) async throws(RedisError) -> Bool {
        try await send(.set(key, value, expiration: expiration, onlyIfAbsent: onlyIfAbsent)) != .null
    }
}

extension RedisCommand {
    /// `SET`, for pipelines and transactions.
    public static func set(
        _ key: String, _ value: some RedisArgument, expiration: Duration? = nil, onlyIfAbsent: Bool = false
    ) -> RedisCommand {
        var command = RedisCommand("SET", key, value)
        if let expiration {
            command.append("PX")
            command.append(expiration.wholeMilliseconds)
        }
        if onlyIfAbsent { command.append("NX") }
        return command
    }
}
