import PushRedis
import PushaasProvisioning

/// The binds in Redis. Every write names the instance's id, so that none outlives its instance or goes to its successor.
struct BindRepository: Sendable {
    /// For how long a bind that was undone can be had back with the same password, in milliseconds.
    ///
    /// tsuru undoes an unbind whose last part has failed by binding again, and throws that answer away: the app then still has the password of
    /// before. Its last part restarts the app, which takes minutes.
    static let formerLifetime = 3_600_000

    let redis: RedisClient
    let keys: InstanceKeys

    private func binds(_ kind: BindSubject.Kind, of name: String) -> String {
        kind == .app ? self.keys.bindApps(name) : self.keys.bindJobs(name)
    }

    /// - Returns: `nil` if there is none, or only one of an instance that had the name before.
    func bind(_ subject: BindSubject, of instance: Instance) async throws -> BindRecord? {
        let text = try await self.redis.hget(self.binds(subject.kind, of: instance.name), subject.name)
        return try self.record(text, of: instance, key: self.binds(subject.kind, of: instance.name), field: subject.name)
    }

    /// A bind that was undone within the last hour.
    func formerBind(_ subject: BindSubject, of instance: Instance) async throws -> BindRecord? {
        let key = self.keys.formerBind(instance.id, subject)
        return try self.record(try await self.redis.get(key), of: instance, key: key, field: "")
    }

    /// How many each of these instances has, in their order. Every bind is counted once, and none is read.
    func counts(of instances: [Instance]) async throws -> [Int] {
        var counts: [Int] = []
        for start in stride(from: 0, to: instances.count, by: InstanceRepository.chunk) {
            let chunk = instances[start..<min(start + InstanceRepository.chunk, instances.count)]
            let replies = try await self.redis.send(
                pipeline: chunk.flatMap { instance in
                    BindSubject.Kind.allCases.map { RedisCommand("HLEN", self.binds($0, of: instance.name)) }
                })
            if let error = replies.lazy.compactMap(\.error).first { throw error }
            let kinds = BindSubject.Kind.allCases.count
            counts += chunk.indices.map { index in
                replies[(index - start) * kinds..<(index - start + 1) * kinds].reduce(0) { $0 + ($1.int ?? 0) }
            }
        }
        return counts
    }

    /// All of an instance, by kind and name.
    func binds(of instance: Instance) async throws -> [(subject: BindSubject, record: BindRecord)] {
        var all: [(subject: BindSubject, record: BindRecord)] = []
        for kind in BindSubject.Kind.allCases {
            let key = self.binds(kind, of: instance.name)
            for (name, text) in try await self.redis.hgetall(key).sorted(by: { $0.key < $1.key }) {
                guard let record = try self.record(text, of: instance, key: key, field: name) else { continue }
                all.append((BindSubject(kind, name), record))
            }
        }
        return all
    }

    /// Unit host -> app.
    func units(of instance: Instance) async throws -> [String: String] {
        try await self.redis.hgetall(self.keys.bindUnits(instance.name)).mapValues { String(decoding: $0, as: UTF8.self) }
    }

    private func record(_ text: [UInt8]?, of instance: Instance, key: String, field: String) throws -> BindRecord? {
        guard let text else { return nil }
        do {
            let record = try RecordCoding.decode(BindRecord.self, String(decoding: text, as: UTF8.self))
            return record.id == instance.id ? record : nil
        } catch {
            throw UnreadableRecord(key: key, field: field)
        }
    }

    /// Stores a bind, or changes it.
    ///
    /// - Returns: `false` if the instance is not there any more.
    func store(_ record: BindRecord, _ subject: BindSubject, of instance: Instance) async throws -> Bool {
        let reply = try await self.redis.run(
            Self.storeScript,
            keys: [
                self.keys.instance(instance.name), self.binds(subject.kind, of: instance.name),
                self.keys.formerBind(instance.id, subject),
            ],
            arguments: [instance.id.rawValue, subject.name, try RecordCoding.encode(record)])
        return reply.int == 1
    }

    /// Removes a bind and, of an app, its units. For an hour it can be had back.
    ///
    /// - Parameter record: As it is stored; another one, made meanwhile, stays.
    func remove(_ record: BindRecord, _ subject: BindSubject, of instance: Instance) async throws {
        var former = record
        former.revoking = false
        let arguments: [any RedisArgument] = [
            instance.id.rawValue, subject.name, try RecordCoding.encode(record), try RecordCoding.encode(former),
            Self.formerLifetime, subject.kind.rawValue,
        ]
        try await self.redis.run(
            Self.removeScript,
            keys: [
                self.keys.instance(instance.name), self.binds(subject.kind, of: instance.name),
                self.keys.formerBind(instance.id, subject),
                self.keys.bindUnits(instance.name),
            ],
            arguments: arguments)
    }

    /// - Returns: `false` if the instance is not there any more.
    func storeUnit(_ host: String, app: String, of instance: Instance) async throws -> Bool {
        let reply = try await self.redis.run(
            Self.storeUnitScript, keys: [self.keys.instance(instance.name), self.keys.bindUnits(instance.name)],
            arguments: [instance.id.rawValue, host, app])
        return reply.int == 1
    }

    /// Succeeds if there is no such unit.
    func removeUnit(_ host: String, of instance: Instance) async throws {
        try await self.redis.run(
            Self.removeUnitScript, keys: [self.keys.instance(instance.name), self.keys.bindUnits(instance.name)],
            arguments: [instance.id.rawValue, host])
    }

    /// KEYS: instance, binds, former bind. ARGV: id, name, record.
    private static let storeScript = RedisScript(
        """
        if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 0 end
        redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
        redis.call('DEL', KEYS[3])
        return 1
        """)

    /// KEYS: instance, binds, former bind, units. ARGV: id, name, record, former record, lifetime, kind.
    private static let removeScript = RedisScript(
        """
        if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 0 end
        if redis.call('HGET', KEYS[2], ARGV[2]) ~= ARGV[3] then return 0 end
        redis.call('HDEL', KEYS[2], ARGV[2])
        redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[5])
        if ARGV[6] == 'app' then
          local units = redis.call('HGETALL', KEYS[4])
          for i = 1, #units, 2 do
            if units[i + 1] == ARGV[2] then redis.call('HDEL', KEYS[4], units[i]) end
          end
        end
        return 1
        """)

    /// KEYS: instance, units. ARGV: id, host, app.
    private static let storeUnitScript = RedisScript(
        """
        if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 0 end
        redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
        return 1
        """)

    /// KEYS: instance, units. ARGV: id, host.
    private static let removeUnitScript = RedisScript(
        """
        if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 0 end
        return redis.call('HDEL', KEYS[2], ARGV[2])
        """)
}
