extension RedisClient {
    /// Makes a consumer group, and the stream if there is none.
    ///
    /// - Parameter after: the group gets the entries after this one: `0` for all, `$` for those that come from now on.
    /// - Returns: `false` if the group exists; it stays as it is.
    @discardableResult
    public func xgroupCreate(_ key: String, group: String, after: String = "0") async throws(RedisError) -> Bool {
        // As a pipeline of one, whose errors are not counted: a group that exists is no failure.
        let replies = try await send(pipeline: [RedisCommand("XGROUP", "CREATE", key, group, after, "MKSTREAM")])
        guard let error = replies.first?.error else { return true }
        guard error.code == .server("BUSYGROUP") else {
            metrics.failed(error)
            throw error
        }
        return false
    }

    /// Entries that no consumer of the group has got yet, oldest first. They are the consumer's own until it acknowledges them.
    ///
    /// With `block` the connection answers nothing else meanwhile: see ``xread(_:after:count:block:)``. Do not cancel the task: an entry
    /// that comes at that moment would be the consumer's without its knowledge, until somebody claims it.
    ///
    /// - Parameters:
    ///   - consumer: made when it is first named.
    ///   - count: the most entries to return.
    ///   - block: how long to wait if there is none, to the millisecond; does not wait if `nil` or zero.
    /// - Throws: `server("NOGROUP")` if there is no such group.
    public func xreadgroup(
        _ key: String, group: String, consumer: String, count: Int, block: Duration? = nil
    ) async throws(RedisError) -> [RedisStreamEntry] {
        var command = RedisCommand("XREADGROUP", "GROUP", group, consumer, "COUNT", count)
        var timeout: Duration?
        if let block, block > .zero {
            command.append("BLOCK")
            command.append(block.wholeMilliseconds)
            timeout = block + configuration.commandTimeout
        }
        command.append("STREAMS")
        command.append(key)
        command.append(">")
        let reply = try await send(command, timeout: timeout)
        guard !reply.isNull else { return [] }
        return try reply.decode("the entries of a stream") { reply in
            guard let streams = reply.array, streams.count == 1, let stream = streams[0].array, stream.count == 2 else {
                return nil
            }
            return RedisStreamEntry.list(stream[1])
        }
    }

    /// Takes over entries that their consumers have not acknowledged for a while.
    ///
    /// - Parameters:
    ///   - minimumIdle: how long ago an entry was last given to a consumer, at least.
    ///   - start: an entry's id, or `0-0` for the oldest.
    ///   - count: the most entries to take over.
    /// - Returns: the entries, without those that the stream does not have any more, and where to go on: `0-0` at the end.
    public func xautoclaim(
        _ key: String, group: String, consumer: String, minimumIdle: Duration, start: String = "0-0", count: Int
    ) async throws(RedisError) -> (entries: [RedisStreamEntry], next: String) {
        let command = RedisCommand(
            "XAUTOCLAIM", key, group, consumer, minimumIdle.wholeMilliseconds, start, "COUNT", count)
        return try await send(command).decode("claimed entries") { reply in
            guard let parts = reply.array, parts.count >= 2, let next = parts[0].string, let claimed = parts[1].array else {
                return nil
            }
            // Redis 6 has null in place of a deleted entry.
            let present = claimed.filter { !$0.isNull }
            guard let entries = RedisStreamEntry.list(.array(present)) else { return nil }
            return (entries.filter { !$0.fields.isEmpty }, next)
        }
    }

    /// Tells that entries are done with: the group forgets them. They stay in the stream.
    ///
    /// - Returns: how many of them a consumer of the group had.
    @discardableResult
    public func xack(_ key: String, group: String, _ ids: [String]) async throws(RedisError) -> Int {
        guard !ids.isEmpty else { return 0 }
        return try await send(RedisCommand("XACK", arguments: [key, group] + ids)).decode("an integer", \.int)
    }

    /// How many entries consumers of the group have got and not acknowledged.
    ///
    /// - Throws: `server("NOGROUP")` if there is no such group.
    public func xpendingCount(_ key: String, group: String) async throws(RedisError) -> Int {
        try await send(RedisCommand("XPENDING", key, group)).decode("a summary") { $0.array?.first?.int }
    }
}
