import Logging
import PushRedis
import PushRuntime
import PushaasProvisioning

/// Gives each bound app and job its own API key at the instance, and takes it away again.
///
/// A bind is stored last, when its key is there; an unbind is noted first. Whatever ends in between, the next bind or unbind, or the
/// reconciler, finishes it.
public struct BindService: Sendable {
    /// What is known of a request to bind, beside its subject.
    struct Details: Sendable {
        var eventID: String
        var hosts: [String]
    }

    /// What became of a request to bind.
    enum Outcome: Sendable, Hashable {
        /// The variables, all of them texts.
        case bound([String: String])
        /// The instance is gone by now.
        case absent
        /// Somebody else has been binding or unbinding the same app for too long.
        case busy
    }

    enum UnbindOutcome: Sendable, Hashable {
        case unbound
        case notBound
        case busy
    }

    private let binds: BindRepository
    private let instances: InstanceRepository
    private let redis: RedisClient
    private let keys: InstanceKeys
    private let api: InstanceAPIClient
    private let logger: Logger
    /// How long to wait for another bind of the same app.
    private let patience: Duration

    public init(
        redis: RedisClient, keys: InstanceKeys, instances: InstanceRepository, api: InstanceAPIClient,
        patience: Duration = .seconds(30), logger: Logger
    ) {
        self.binds = BindRepository(redis: redis, keys: keys)
        self.instances = instances
        self.redis = redis
        self.keys = keys
        self.api = api
        self.patience = patience
        self.logger = logger
    }

    /// Binds, or gives the variables of a bind that there is: a second bind of the same app gets the same.
    ///
    /// - Parameter instance: A complete one.
    func bind(_ subject: BindSubject, to instance: Instance, _ details: Details) async throws -> Outcome {
        try await self.exclusively(subject, instance) {
            var record = try await self.binds.bind(subject, of: instance)
            // Without persistence the instance's Redis may have lost the key; and an unbind that was cut short may have revoked it.
            if let known = record, try await self.api.hasKey(known.key, of: instance) {
                guard known.revoking else { return .bound(Self.variables(known, instance)) }
            } else {
                record = try await self.makeKey(subject, instance, from: record, details)
            }
            guard var record else { return .absent }
            record.revoking = false
            guard try await self.binds.store(record, subject, of: instance) else { return .absent }
            return .bound(Self.variables(record, instance))
        } ?? .busy
    }

    /// Revokes the key and forgets the bind. Where the instance's push-api is away, the reconciler does so later.
    func unbind(_ subject: BindSubject, from instance: Instance) async throws -> UnbindOutcome {
        try await self.exclusively(subject, instance) {
            guard let record = try await self.binds.bind(subject, of: instance) else { return .notBound }
            do {
                try await self.finish(subject, instance, record)
            } catch InstanceAPIError.unavailable(let reason) {
                // The unbind is noted, and the reconciler revokes the key: a push-api that is away must not keep an app from being removed.
                self.logger.warning(
                    "The key of an unbound app is revoked later",
                    metadata: ["instance": "\(instance.name)", "subject": "\(subject.keyName)", "reason": "\(reason)"])
            }
            return .unbound
        } ?? .busy
    }

    /// Revokes what unbinds have left, and makes the keys anew that instances have lost, for all instances.
    public func reconcile() async throws {
        let complete = try await self.instances.instances().filter(\.isComplete)
        // Several at a time: those that do not answer must not keep the others from their turn.
        let problem = await withTaskGroup(of: (any Error)?.self) { group in
            var problem: (any Error)?
            for (index, instance) in complete.enumerated() {
                if index >= Self.concurrency, let ended = await group.next() { problem = problem ?? ended }
                group.addTask {
                    do {
                        try await self.reconcile(instance)
                        return nil
                    } catch {
                        self.logger.warning(
                            "Binds cannot be reconciled", metadata: ["instance": "\(instance.name)", "error": "\(error)"])
                        return error
                    }
                }
            }
            for await ended in group { problem = problem ?? ended }
            return problem
        }
        if let problem { throw problem }
    }

    /// Instances that are reconciled at a time.
    private static let concurrency = 8

    func reconcile(_ instance: Instance) async throws {
        let known = try await self.binds.binds(of: instance)
        guard !known.isEmpty else { return }
        let keys = Set(try await self.api.keys(of: instance).map(\.id))
        for (subject, record) in known where record.revoking || !keys.contains(record.key) {
            _ = try await self.exclusively(subject, instance) {
                // Somebody may have been at it meanwhile.
                guard let record = try await self.binds.bind(subject, of: instance) else { return }
                if record.revoking {
                    try await self.finish(subject, instance, record)
                } else if try await !self.api.hasKey(record.key, of: instance) {
                    _ = try await self.api.makeKey(subject.keyName, text: record.password, of: instance)
                    self.logger.notice(
                        "Key of a bind made anew", metadata: ["instance": "\(instance.name)", "subject": "\(subject.keyName)"])
                }
            }
        }
    }

    /// How many apps and jobs are bound to each of these instances, in their order.
    func counts(of instances: [Instance]) async throws -> [Int] {
        try await self.binds.counts(of: instances)
    }

    /// All binds of an instance, for people.
    func list(_ instance: Instance) async throws -> [Bind] {
        let units = try await self.binds.units(of: instance)
        return try await self.binds.binds(of: instance).map { subject, record in
            Bind(
                subject: subject, created: record.created, eventID: record.eventid, hosts: record.hosts,
                isRevoking: record.revoking,
                units: subject.kind == .app ? units.filter { $0.value == subject.name }.keys.sorted() : [])
        }
    }

    // MARK: Units of tsuru up to 1.17

    func bindUnit(_ host: String, app: String, to instance: Instance) async throws -> Bool {
        try await self.binds.storeUnit(host, app: app, of: instance)
    }

    func unbindUnit(_ host: String, from instance: Instance) async throws {
        try await self.binds.removeUnit(host, of: instance)
    }

    // MARK: Steps

    /// - Parameter record: The bind whose key is lost, if there is one: its key is made again as it was.
    private func makeKey(
        _ subject: BindSubject, _ instance: Instance, from record: BindRecord?, _ details: Details
    ) async throws -> BindRecord {
        // What an earlier bind has made whose answer was lost, or that could not be stored.
        for orphan in try await self.api.keys(of: instance) where orphan.name == subject.keyName {
            try await self.api.revokeKey(orphan.id, of: instance)
        }
        var former = record
        if former == nil { former = try await self.binds.formerBind(subject, of: instance) }
        let key = try await self.api.makeKey(subject.keyName, text: former?.password, of: instance)
        return BindRecord(
            id: instance.id, user: subject.name, password: key.key, key: key.id, created: RecordCoding.now(),
            eventid: details.eventID, hosts: details.hosts, revoking: false)
    }

    private func finish(_ subject: BindSubject, _ instance: Instance, _ record: BindRecord) async throws {
        var record = record
        if !record.revoking {
            record.revoking = true
            guard try await self.binds.store(record, subject, of: instance) else { return }
        }
        try await self.api.revokeKey(record.key, of: instance)
        try await self.binds.remove(record, subject, of: instance)
    }

    private static func variables(_ record: BindRecord, _ instance: Instance) -> [String: String] {
        [
            "PUSHAAS_ENDPOINT": instance.outputs[WellKnownOutput.apiURL] ?? "", "PUSHAAS_USERNAME": record.user,
            "PUSHAAS_PASSWORD": record.password,
        ]
    }

    /// Runs `body` while nobody else binds or unbinds the same app, waiting for its turn.
    ///
    /// - Returns: `nil` if its turn did not come.
    private func exclusively<Result>(
        _ subject: BindSubject, _ instance: Instance, isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Result
    ) async throws -> Result? {
        // Longer than the few calls that a bind makes, each with its own time limit.
        let lock = RedisLock(client: self.redis, key: self.keys.bindLock(instance.id, subject), timeToLive: .seconds(90))
        let end = ContinuousClock.now + self.patience
        while true {
            if let lease = try await lock.acquire() {
                let result: Result
                do {
                    result = try await body()
                } catch {
                    // The error of the body counts. If the release fails as well, the lock ends with its time to live.
                    _ = try? await lease.release()
                    throw error
                }
                _ = try? await lease.release()
                return result
            }
            guard ContinuousClock.now < end else { return nil }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}

extension Instance {
    /// Whether it can be bound: all that its steps give was stored together with the status.
    var isComplete: Bool { self.status == .running || self.status == .updating }
}
