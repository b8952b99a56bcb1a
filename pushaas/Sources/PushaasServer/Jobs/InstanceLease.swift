import PushRedis
import PushaasProvisioning

/// One worker's right to work on one instance, and all that it may write in that right.
///
/// Each write is one script that checks first that the worker still has the lock and that the record is still the one it means: live under its
/// name, or destroyed. So a worker that was cut off for a while changes nothing, and none brings a destroyed record back.
struct InstanceLease: Sendable {
    /// Which record the worker means.
    enum Generation: Sendable, Hashable {
        case live
        case destroyed
    }

    /// How a write ended.
    enum Outcome: String, Sendable {
        case written
        /// The lock ran out, and somebody else may have it.
        case lost
        /// The record is not there any more: destroyed, or gone for good.
        case gone
        /// Its status is not the one that the worker means any more: its user has asked for something meanwhile.
        case changed
    }

    /// What the record of the id is now.
    enum Whereabouts: String, Sendable {
        case live
        case destroyed
        case nowhere
    }

    /// Seconds for which the log of an instance of which nothing is left can be read.
    static let logRetention = 24 * 3600
    /// Seconds for which the id of such an instance is remembered.
    static let goneRetention = 30 * 24 * 3600

    let redis: RedisClient
    let keys: InstanceKeys
    let id: InstanceID
    let name: String
    let token: String
    /// How long the lock outlives a worker that does not renew it.
    let timeToLive: Duration

    /// Takes the lock of an instance if nobody has it.
    ///
    /// - Returns: `nil` if somebody has it.
    static func acquire(
        _ id: InstanceID, name: String, redis: RedisClient, keys: InstanceKeys, timeToLive: Duration
    ) async throws -> InstanceLease? {
        var generator = SystemRandomNumberGenerator()
        let token = String(generator.next(), radix: 16) + String(generator.next(), radix: 16)
        let isTaken = try await redis.set(keys.lock(id), token, expiration: timeToLive, onlyIfAbsent: true)
        guard isTaken else { return nil }
        return InstanceLease(redis: redis, keys: keys, id: id, name: name, token: token, timeToLive: timeToLive)
    }

    /// Gives the lock back, also when the task is cancelled. Does nothing if it was lost.
    func release() async throws {
        let (redis, keys, id, token) = (self.redis, self.keys, self.id, self.token)
        // A task of its own, so that a cancellation does not keep the lock from the next worker.
        _ = try await Task { try await redis.run(LeaseScripts.release, keys: [keys.lock(id)], arguments: [token]) }.value
    }

    /// Where the record is, and whether this worker still has the lock. Renews the lock, and with it the claim to the job's entry.
    ///
    /// - Parameter entry: the entry of the stream, if there is one.
    /// - Returns: `nil` if the lock is lost.
    func renew(
        entry: String? = nil, group: String = "", consumer: String = "", timeout: Duration? = nil
    ) async throws -> Whereabouts? {
        let reply = try await self.redis.run(
            LeaseScripts.renew,
            keys: [
                self.keys.lock(self.id), self.keys.instance(self.name), self.keys.destroyed(self.id), self.keys.jobs,
            ],
            arguments: [
                self.token, self.id.rawValue, Int(self.timeToLive / .milliseconds(1)), entry ?? "", group, consumer,
            ], timeout: timeout)
        return reply.string.flatMap(Whereabouts.init(rawValue:))
    }

    /// Changes to be written together.
    struct Changes: Sendable {
        fileprivate var arguments: [String] = []

        enum Hash: Int, Sendable {
            case record = 2
            case progress = 3
            case variables = 4
        }

        mutating func set(_ hash: Hash, _ field: String, _ value: String) {
            self.arguments += [String(hash.rawValue), "set", field, value]
        }

        mutating func remove(_ hash: Hash, _ field: String) {
            self.arguments += [String(hash.rawValue), "remove", field, ""]
        }
    }

    /// Writes all changes, or none.
    ///
    /// - Parameter status: what the record's status has to be for that; any if `nil`.
    func write(_ generation: Generation, status: InstanceStatus? = nil, _ changes: Changes) async throws -> Outcome {
        try await self.run(
            LeaseScripts.write, generation, others: [self.keys.progress(self.id), self.keys.variables(self.name)],
            arguments: [status?.rawValue ?? ""] + changes.arguments)
    }

    /// Adds a line to the instance's log.
    @discardableResult
    func log(_ generation: Generation, _ line: JobLogLine) async throws -> Outcome {
        try await self.run(
            LeaseScripts.log, generation, others: [self.keys.log(self.id)],
            arguments: [try RecordCoding.encode(line), String(ProgressRepository.maximumLines)])
    }

    /// Forgets a destroyed instance of which nothing is left. Its log can be read for a day.
    func forget() async throws -> Outcome {
        try await self.run(
            LeaseScripts.forget, .destroyed,
            others: [self.keys.destroyed, self.keys.progress(self.id), self.keys.log(self.id), self.keys.gone],
            arguments: [
                String(RecordCoding.now()), String(Self.logRetention), String(RecordCoding.now() - Self.goneRetention * 1000),
            ])
    }

    private func run(
        _ script: RedisScript, _ generation: Generation, others: [String], arguments: [String]
    ) async throws -> Outcome {
        let record = generation == .live ? self.keys.instance(self.name) : self.keys.destroyed(self.id)
        let reply = try await self.redis.run(
            script, keys: [self.keys.lock(self.id), record] + others, arguments: [self.token, self.id.rawValue] + arguments)
        return reply.string.flatMap(Outcome.init(rawValue:)) ?? .lost
    }
}
