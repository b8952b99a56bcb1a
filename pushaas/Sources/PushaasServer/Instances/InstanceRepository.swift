import Logging
import PushRedis
import PushaasProvisioning

/// The instances in Redis: what their users want, and what has become of it.
///
/// Everything that a user asks for is one script that writes the intent and the job together, so that neither is without the other whatever
/// ends in between. A script names the id that it means: an instance destroyed and created again meanwhile is another one.
public struct InstanceRepository: Sendable {
    /// How many records one command reads, so that no command holds Redis up for long.
    static let chunk = 100
    /// Jobs that the stream keeps at most, roughly. A job that falls out is added again by the reconciler.
    static let maximumJobs = 10_000

    let redis: RedisClient
    let keys: InstanceKeys
    let logger: Logger

    public init(redis: RedisClient, keys: InstanceKeys, logger: Logger) {
        self.redis = redis
        self.keys = keys
        self.logger = logger
    }

    // MARK: Reading

    /// The live instance of this name.
    ///
    /// - Throws: `RedisError`, ``UnreadableRecord``
    public func instance(_ name: String) async throws -> Instance? {
        try await self.live([name]).first.flatMap { $0 }
    }

    /// All live instances, oldest first. Those with an unreadable record are left out.
    public func instances() async throws -> [Instance] {
        let names = try await self.redis.zrange(self.keys.index)
        var instances: [Instance] = []
        for start in stride(from: 0, to: names.count, by: Self.chunk) {
            instances += try await self.readable(Array(names[start..<min(start + Self.chunk, names.count)]))
        }
        return instances
    }

    /// All instances that were destroyed and of which something is left, oldest destruction first.
    public func destroyed() async throws -> [DestroyedInstance] {
        let ids = try await self.redis.hgetall(self.keys.destroyed).keys.compactMap(InstanceID.init(rawValue:)).sorted {
            $0.rawValue < $1.rawValue
        }
        var instances: [DestroyedInstance] = []
        for start in stride(from: 0, to: ids.count, by: Self.chunk) {
            let chunk = ids[start..<min(start + Self.chunk, ids.count)]
            let replies = try await self.redis.send(
                pipeline: chunk.map { RedisCommand("HGETALL", self.keys.destroyed($0)) })
            for (id, reply) in zip(chunk, replies) {
                do {
                    if let instance = try self.destroyed(id, reply) { instances.append(instance) }
                } catch let error as UnreadableRecord {
                    self.leftOut(error)
                }
            }
        }
        return instances.sorted { ($0.destroyed, $0.id.rawValue) < ($1.destroyed, $1.id.rawValue) }
    }

    /// A destroyed instance of which something is left.
    public func destroyed(_ id: InstanceID) async throws -> DestroyedInstance? {
        try self.destroyed(id, try await self.redis.send(RedisCommand("HGETALL", self.keys.destroyed(id))))
    }

    private func destroyed(_ id: InstanceID, _ reply: RedisValue) throws -> DestroyedInstance? {
        if let error = reply.error { throw error }
        guard let fields = reply.fields, !fields.isEmpty else { return nil }
        return try DestroyedInstance(fields: fields, key: self.keys.destroyed(id))
    }

    /// Record and variables of each name, read in one step: a destruction and a new creation never mix.
    private func records(_ names: [String]) async throws -> [(record: [String: String], variables: [String: String])] {
        let replies = try await self.redis.transaction(
            names.flatMap { [RedisCommand("HGETALL", self.keys.instance($0)), RedisCommand("HGETALL", self.keys.variables($0))] })
        if let error = replies.lazy.compactMap(\.error).first { throw error }
        return names.indices.map { (replies[2 * $0].fields ?? [:], replies[2 * $0 + 1].fields ?? [:]) }
    }

    private func live(_ names: [String]) async throws -> [Instance?] {
        try zip(names, try await self.records(names)).map { name, fields in
            fields.record.isEmpty
                ? nil : try Instance(record: fields.record, variables: fields.variables, key: self.keys.instance(name))
        }
    }

    private func readable(_ names: [String]) async throws -> [Instance] {
        zip(names, try await self.records(names)).compactMap { name, fields in
            guard !fields.record.isEmpty else { return nil }
            do {
                return try Instance(record: fields.record, variables: fields.variables, key: self.keys.instance(name))
            } catch let error as UnreadableRecord {
                self.leftOut(error)
            } catch {}
            return nil
        }
    }

    private func leftOut(_ error: UnreadableRecord) {
        self.logger.warning(
            "Instance record is not readable and is left out", metadata: ["key": "\(error.key)", "field": "\(error.field)"])
    }
}
