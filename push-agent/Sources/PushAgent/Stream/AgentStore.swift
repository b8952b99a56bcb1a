import PushModels
import PushRedis

/// What the agent keeps in Redis, and what it asks Redis about the stream. Never blocks: for a client that others share.
struct AgentStore: Sendable {
    let redis: RedisClient
    let agent: String

    /// - Returns: `nil` for a new agent, and for a value that is no entry id.
    func position() async throws(RedisError) -> StreamID? {
        try await self.redis.getString(RedisKeys.position(agent: self.agent)).flatMap(StreamID.init)
    }

    /// - Parameter place: the position's place among all entries that the stream has ever had, if it is known.
    func save(position: StreamID, place: Int? = nil) async throws(RedisError) {
        var commands: [RedisCommand] = [.set(RedisKeys.position(agent: self.agent), position.description)]
        if let place {
            let count = ReadCount(id: position, count: place)
            commands.append(.set(RedisKeys.readCount(agent: self.agent), count.description))
        }
        for reply in try await self.redis.send(pipeline: commands) {
            if let error = reply.error { throw error }
        }
    }

    /// The place of the position, or of an entry before it.
    func readCount() async throws(RedisError) -> ReadCount? {
        try await self.redis.getString(RedisKeys.readCount(agent: self.agent)).flatMap(ReadCount.init)
    }

    /// The store that has everything up to the position.
    func storeIdentity() async throws(RedisError) -> StoreIdentity? {
        try await self.redis.getString(RedisKeys.store(agent: self.agent)).flatMap(StoreIdentity.init)
    }

    func save(store: StoreIdentity) async throws(RedisError) {
        try await self.redis.set(RedisKeys.store(agent: self.agent), store.description)
    }

    /// Milliseconds since 1970 by the clock that makes the ids.
    func now() async throws(RedisError) -> UInt64 {
        let reply = try await self.redis.send(RedisCommand("TIME"))
        guard let parts = reply.array, parts.count == 2, let seconds = parts[0].int, let microseconds = parts[1].int else {
            throw RedisError(code: .protocolViolation, message: "TIME was answered with something else than a time")
        }
        return UInt64(max(0, seconds * 1_000 + microseconds / 1_000))
    }

    /// The first id that an entry of the last `window` can have.
    func windowStart(_ window: Duration) async throws(RedisError) -> StreamID {
        .windowStart(nowMilliseconds: try await self.now(), window: window)
    }

    /// The ids of the oldest and the newest entry, and how many there were.
    func bounds() async throws(RedisError) -> StreamBounds {
        let replies = try await self.redis.transaction([
            RedisCommand("XRANGE", RedisKeys.messages, "-", "+", "COUNT", 1),
            RedisCommand("XREVRANGE", RedisKeys.messages, "+", "-", "COUNT", 1),
            // An error without a stream.
            RedisCommand("XINFO", "STREAM", RedisKeys.messages),
        ])
        func id(_ reply: RedisValue?) throws(RedisError) -> StreamID? {
            if let error = reply?.error { throw error }
            return reply?.array?.first?.array?.first?.string.flatMap(StreamID.init)
        }
        guard replies.count == 3 else {
            throw RedisError(code: .protocolViolation, message: "a transaction of 3 commands has \(replies.count) replies")
        }
        return StreamBounds(
            first: try id(replies[0]), last: try id(replies[1]), counts: StreamBounds.Counts(info: replies[2]))
    }

    /// Entries after `after`, oldest first.
    func entries(after: StreamID, count: Int) async throws(RedisError) -> [DeliveryEntry] {
        try DeliveryEntry.list(try await self.redis.send(.read(after: after, count: count)))
    }
}

extension RedisCommand {
    /// `XREAD` of the messages after `after`.
    ///
    /// - Parameter block: milliseconds that Redis waits for an entry if there is none; from 1.
    static func read(after: StreamID, count: Int, block: Int? = nil) -> RedisCommand {
        var command = RedisCommand("XREAD", "COUNT", count)
        if let block {
            command.append("BLOCK")
            command.append(block)
        }
        command.append("STREAMS")
        command.append(RedisKeys.messages)
        command.append(after.description)
        return command
    }
}
