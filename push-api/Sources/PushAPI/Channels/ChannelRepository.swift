import FoundationEssentials
import Logging
import PushModels
import PushRedis

/// The persistent channels in Redis.
///
/// A record (`ch_<id>`) is what makes a channel exist; it expires by itself. The index (`push_channels`) only gives the order.
/// The two are different keys, which Redis Cluster may keep apart, so no transaction spans them. Instead, readers leave out what
/// the index names and no record backs, and ``reindex(from:steps:)`` finds records that the index lacks.
struct ChannelRepository: Sendable {
    /// Keys that one command names at most, so that a command neither grows nor blocks Redis without bound.
    static let chunk = 500

    let redis: RedisClient
    let keys: RedisKeys
    let stream: MessageStream
    let logger: Logger

    /// Creates the channel unless it exists, here and on every push-stream; of several callers at once, one succeeds.
    ///
    /// - Returns: `nil` if it exists.
    /// - Throws: A `RedisError` with `mayHaveExecuted` if the channel may exist all the same.
    func create(_ id: ChannelID, ttl: Int) async throws -> ChannelRecord? {
        let created = Timestamp.now()
        let record = ChannelRecord(id: id.rawValue, ttl: ttl, created: Timestamp.format(milliseconds: created))
        let isNew = try await self.redis.set(
            self.keys.channel(id.rawValue), [UInt8](try Self.encode(record)), expiration: ttl > 0 ? .seconds(ttl) : nil,
            onlyIfAbsent: true)
        guard isNew else { return nil }
        do {
            let replies = try await self.redis.send(pipeline: [
                .zadd(RedisKeys.channelIndex, score: Double(created), member: id.rawValue),
                self.stream.append(.ensureChannels([id.rawValue])),
            ])
            if let error = replies.lazy.compactMap(\.error).first { throw error }
        } catch var error as RedisError {
            // The record stands; the persistent-channels worker makes up for the rest.
            error.mayHaveExecuted = true
            throw error
        }
        return record
    }

    func get(_ id: ChannelID) async throws -> ChannelRecord? {
        guard let bytes = try await self.redis.get(self.keys.channel(id.rawValue)) else { return nil }
        return try JSONDecoder().decode(ChannelRecord.self, from: Data(bytes))
    }

    /// - Returns: Whether it existed.
    func delete(_ id: ChannelID) async throws -> Bool {
        let deleted = try await self.redis.delete(self.keys.channel(id.rawValue))
        do {
            try await self.removeFromIndex([id.rawValue])
        } catch {
            // The channel is gone; the list leaves it out and tries again.
            self.logger.warning("Channel is still in the index", metadata: ["error": "\(error)"])
        }
        return deleted == 1
    }

    /// All channels that pass the filter, oldest first. Ids whose record has expired leave the index on the way.
    func list(_ filter: ChannelFilter) async throws -> [ChannelRecord] {
        // One command, hence one consistent order, whatever comes and goes meanwhile.
        let all = try await self.redis.zrange(RedisKeys.channelIndex)
        let ids = filter.isOpen ? all : all.filter(filter.passes)
        var records: [ChannelRecord] = []
        records.reserveCapacity(ids.count)
        for start in stride(from: 0, to: ids.count, by: Self.chunk) {
            records += try await self.records(of: ids[start..<min(start + Self.chunk, ids.count)]).live
        }
        return records
    }

    /// Calls `body` with the ids of all live channels, in pages of at most `size` in the index's order.
    func forEachPage(size: Int, _ body: ([String]) async throws -> Void) async throws {
        var position = 0
        while true {
            let ids = try await self.redis.zrange(RedisKeys.channelIndex, offset: position, limit: size)
            guard !ids.isEmpty else { return }
            let (live, removed) = try await self.records(of: ids[...])
            if !live.isEmpty { try await body(live.map(\.id)) }
            position += ids.count - removed
        }
    }

    /// Looks for records that the index lacks, as a crash between the two writes of ``create(_:ttl:)`` leaves one, and adds them.
    ///
    /// - Parameters:
    ///   - cursor: Where to go on: `.start` at first, later what the last call returned.
    ///   - steps: `SCAN` calls at most, of about 1,000 keys each.
    /// - Returns: `.start` after the last key.
    func reindex(from cursor: RedisScanCursor, steps: Int) async throws -> RedisScanCursor {
        var cursor = cursor
        let prefix = self.keys.channel("")
        for _ in 0..<steps {
            let (keys, next) = try await self.redis.scan(cursor, matching: RedisClient.escapedGlob(prefix) + "*", count: 1000)
            // By bytes: an id that begins with a combining mark makes one character with the end of the prefix.
            let ids = keys.compactMap { key in
                key.utf8.starts(with: prefix.utf8)
                    ? try? ChannelID(String(key.utf8.dropFirst(prefix.utf8.count)) ?? "").rawValue : nil
            }
            for start in stride(from: 0, to: ids.count, by: Self.chunk) {
                try await self.addToIndex(Array(ids[start..<min(start + Self.chunk, ids.count)]))
            }
            guard let next else { return .start }
            cursor = next
        }
        return cursor
    }

    /// Adds ids to the index where their records exist.
    private func addToIndex(_ ids: [String]) async throws {
        guard !ids.isEmpty else { return }
        var command = RedisCommand("ZADD", RedisKeys.channelIndex, "NX")
        var isEmpty = true
        for (id, value) in zip(ids, try await self.redis.mget(ids.map(self.keys.channel))) {
            guard let value, let record = self.decode(value, id: id) else { continue }
            command.append(Timestamp.parse(record.created) ?? Timestamp.now())
            command.append(id)
            isEmpty = false
        }
        if !isEmpty { try await self.redis.send(command) }
    }

    /// The records of these ids, in their order; ids without one leave the index.
    func records(of ids: ArraySlice<String>) async throws -> (live: [ChannelRecord], removed: Int) {
        let ids = Array(ids)
        var live: [ChannelRecord] = []
        var expired: [String] = []
        for (id, value) in zip(ids, try await self.redis.mget(ids.map(self.keys.channel))) {
            guard let value else {
                expired.append(id)
                continue
            }
            if let record = self.decode(value, id: id) { live.append(record) }
        }
        if !expired.isEmpty { try await self.removeFromIndex(expired) }
        return (live, expired.count)
    }

    func removeFromIndex(_ ids: [String]) async throws {
        try await self.redis.zrem(RedisKeys.channelIndex, ids)
        // A channel that was created anew meanwhile is put back: its record was written before its place in the index, so if the
        // removal hit that place, the record is there to be seen now.
        try await self.addToIndex(ids)
    }

    private func decode(_ bytes: [UInt8], id: String) -> ChannelRecord? {
        guard let record = try? Self.decoder.decode(ChannelRecord.self, from: Data(bytes)) else {
            self.logger.warning("Channel record is not readable and is left out", metadata: ["channel": "\(id)"])
            return nil
        }
        return record
    }

    private static let decoder = JSONDecoder()

    private static func encode(_ record: ChannelRecord) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return try encoder.encode(record)
    }
}
