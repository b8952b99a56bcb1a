extension RedisClient {
    /// Adds an entry at the end of a stream, which is made if there is none.
    ///
    /// - Parameter maximumLength: lets Redis drop the oldest entries beyond about this many (`MAXLEN ~`), in whole blocks.
    /// - Returns: the entry's id.
    @discardableResult
    public func xadd(
        _ key: String, fields: [RedisStreamEntry.Field], maximumLength: Int? = nil
    ) async throws(RedisError) -> String {
        try await send(.xadd(key, fields: fields, maximumLength: maximumLength)).decode("an entry id", \.string)
    }

    /// Entries after the one with the id `after`, oldest first.
    ///
    /// With `block` the server waits for an entry to come, and the connection answers nothing else meanwhile: use a client of its own.
    /// Wait some seconds rather than minutes, since a shutdown or a lost server is noticed no sooner.
    ///
    /// - Parameters:
    ///   - after: an entry's id; `0` for all entries, `$` for those that come from now on (of use with `block` only).
    ///   - count: the most entries to return.
    ///   - block: how long to wait if there is none, to the millisecond; does not wait if `nil` or zero.
    /// - Returns: no entries if none came in time or the stream does not exist.
    public func xread(
        _ key: String, after: String, count: Int, block: Duration? = nil
    ) async throws(RedisError) -> [RedisStreamEntry] {
        var command = RedisCommand("XREAD", "COUNT", count)
        var timeout: Duration?
        if let block, block > .zero {
            command.append("BLOCK")
            command.append(block.wholeMilliseconds)
            timeout = block + configuration.commandTimeout
        }
        command.append("STREAMS")
        command.append(key)
        command.append(after)
        let reply = try await send(command, timeout: timeout)
        guard !reply.isNull else { return [] }
        return try reply.decode("the entries of a stream") { reply in
            guard let streams = reply.array, streams.count == 1, let stream = streams[0].array, stream.count == 2 else {
                return nil
            }
            return RedisStreamEntry.list(stream[1])
        }
    }

    /// Entries from one id to another, both included, oldest first.
    ///
    /// - Parameters:
    ///   - from: an id, `-` for the start, `(id` to leave that one out.
    ///   - to: an id, or `+` for the end.
    public func xrange(
        _ key: String, from: String = "-", to: String = "+", count: Int
    ) async throws(RedisError) -> [RedisStreamEntry] {
        try await send(RedisCommand("XRANGE", key, from, to, "COUNT", count)).decode("stream entries", RedisStreamEntry.list)
    }

    /// Removes the entries with an id lower than `minimumID`.
    ///
    /// - Parameter isApproximate: lets Redis keep some of them and so remove whole blocks only, which is much cheaper.
    /// - Returns: how many were removed.
    @discardableResult
    public func xtrim(_ key: String, minimumID: String, isApproximate: Bool = false) async throws(RedisError) -> Int {
        try await send(RedisCommand("XTRIM", key, "MINID", isApproximate ? "~" : "=", minimumID)).decode("an integer", \.int)
    }

    /// The number of entries; 0 if there is no such stream.
    public func xlen(_ key: String) async throws(RedisError) -> Int {
        try await send(RedisCommand("XLEN", key)).decode("an integer", \.int)
    }

    /// The newest entry, or `nil` if the stream is empty or does not exist.
    public func xlast(_ key: String) async throws(RedisError) -> RedisStreamEntry? {
        try await send(RedisCommand("XREVRANGE", key, "+", "-", "COUNT", 1)).decode("stream entries", RedisStreamEntry.list).first
    }
}

extension RedisCommand {
    /// `XADD` with an id by the server, for pipelines and transactions.
    public static func xadd(_ key: String, fields: [RedisStreamEntry.Field], maximumLength: Int? = nil) -> RedisCommand {
        var command = RedisCommand("XADD", key)
        if let maximumLength {
            command.append("MAXLEN")
            command.append("~")
            command.append(maximumLength)
        }
        command.append("*")
        for field in fields {
            command.append(field.name)
            command.append(field.value)
        }
        return command
    }
}
