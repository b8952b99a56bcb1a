import PushRedis
import PushaasProvisioning

extension InstanceRepository {
    /// How often a script is sent again when its answer was lost. Each of them can be repeated.
    private static let repetitions = 2
    /// Seconds for which a creation that was given up cannot come after all. Longer than a command can lie in a connection.
    private static let abandonment = 3600

    /// Writes the intent and the job to create an instance. Of several callers at once with one name, one succeeds.
    ///
    /// An answer that got lost is asked for again, so that a creation that was recorded is not told to have failed.
    ///
    /// - Parameter id: One that no instance has had.
    /// - Returns: `nil` if the name is taken.
    /// - Throws: `RedisError`; with `mayHaveExecuted` if the instance may have been recorded all the same, or may yet be: see
    ///   ``abandon(_:id:)``.
    public func create(_ request: NewInstance, id: InstanceID = .random()) async throws -> Instance? {
        let instance = Instance(
            id: id, name: request.name, plan: request.plan, targetPlan: nil, team: request.team, user: request.user,
            description: request.description, tags: request.tags, created: RecordCoding.now(), status: .pending, failure: nil,
            leftovers: [], drift: [], secrets: .random(), outputs: [:])
        let record = try instance.record()
        var arguments: [any RedisArgument] = [
            instance.id.rawValue, instance.name, instance.created, Self.maximumJobs, 2 * record.count,
        ]
        for (field, value) in record + instance.variables() { arguments += [field, value] as [any RedisArgument] }
        let reply = try await self.run(
            InstanceScripts.create,
            keys: [
                self.keys.instance(instance.name), self.keys.variables(instance.name), self.keys.index, self.keys.jobs,
                self.keys.abandoned(id),
            ],
            arguments: arguments)
        return reply.int == 1 ? instance : nil
    }

    /// Takes a creation back of which it is not known whether it was carried out; from now on it is not.
    func abandon(_ name: String, id: InstanceID) async throws {
        _ = try await self.run(
            InstanceScripts.abandon, keys: self.destructionKeys(name, id) + [self.keys.abandoned(id)],
            arguments: [id.rawValue, name, RecordCoding.now(), Self.maximumJobs, Self.abandonment])
    }

    /// Changes what tsuru keeps for its own records.
    ///
    /// - Returns: `false` if there is no such instance with this id any more.
    public func changeMetadata(
        name: String, id: InstanceID, team: String, description: String, tags: [String]
    ) async throws -> Bool {
        let arguments: [any RedisArgument] = [
            id.rawValue, InstanceField.team, team, InstanceField.description, description,
            InstanceField.tags, try RecordCoding.encode(tags),
        ]
        let reply = try await self.run(
            InstanceScripts.changeFields, keys: [self.keys.instance(name)], arguments: arguments)
        return reply.int == 1
    }

    /// Writes what an inspection found.
    ///
    /// - Returns: `false` if there is no such instance with this id any more.
    @discardableResult
    func changeDrift(name: String, id: InstanceID, drift: [String]) async throws -> Bool {
        let arguments: [any RedisArgument] = [id.rawValue, InstanceField.drift, try RecordCoding.encode(drift)]
        let reply = try await self.run(
            InstanceScripts.changeFields, keys: [self.keys.instance(name)], arguments: arguments)
        return reply.int == 1
    }

    /// Writes the intent and the job to bring a running instance to another plan.
    public func requestPlan(name: String, id: InstanceID, plan: Plan) async throws -> PlanRequest {
        let reply = try await self.run(
            InstanceScripts.requestPlan, keys: [self.keys.instance(name), self.keys.progress(id), self.keys.jobs],
            arguments: [id.rawValue, name, try RecordCoding.encode(plan), Self.maximumJobs])
        switch reply.string ?? "" {
        case "accepted": return .accepted
        case "unchanged": return .unchanged
        case let word:
            guard let status = InstanceStatus(rawValue: word) else { return .absent }
            return .notRunning(status)
        }
    }

    /// Writes the intent and the job to destroy the live instance of this name, whatever its status, and frees the name.
    ///
    /// If there is none and something is left of a destroyed one, the job of that is added again if it has given up.
    public func destroy(_ name: String) async throws -> Destruction {
        while let text = try await self.redis.hget(self.keys.instance(name), InstanceField.id) {
            guard let id = InstanceID(rawValue: String(decoding: text, as: UTF8.self)) else {
                throw UnreadableRecord(key: self.keys.instance(name), field: InstanceField.id)
            }
            if try await self.destroy(name, id: id) { return .accepted }
            // It was destroyed, and perhaps created anew, in between.
        }
        var isUnderWay = false
        for (field, value) in try await self.redis.hgetall(self.keys.destroyed)
        where String(decoding: value, as: UTF8.self) == name {
            guard let id = InstanceID(rawValue: field) else { continue }
            if try await self.retryDestroyed(id) == .accepted { isUnderWay = true }
        }
        return isUnderWay ? .alreadyUnderWay : .absent
    }

    /// - Returns: `false` if the live instance of this name, if there is one, is not the one with this id.
    private func destroy(_ name: String, id: InstanceID) async throws -> Bool {
        let reply = try await self.run(
            InstanceScripts.destroy, keys: self.destructionKeys(name, id),
            arguments: [id.rawValue, name, RecordCoding.now(), Self.maximumJobs])
        return reply.int == 1
    }

    private func destructionKeys(_ name: String, _ id: InstanceID) -> [String] {
        [
            self.keys.instance(name), self.keys.variables(name), self.keys.index, self.keys.destroyed(id), self.keys.destroyed,
            self.keys.bindApps(name), self.keys.bindJobs(name), self.keys.bindUnits(name), self.keys.jobs,
        ]
    }

    /// Has a creation that failed tried again, from the steps that are left of it.
    public func retry(_ name: String) async throws -> RetryRequest {
        guard let instance = try await self.instance(name) else { return .absent }
        let reply = try await self.run(
            InstanceScripts.retry,
            keys: [self.keys.instance(name), self.keys.progress(instance.id), self.keys.jobs],
            arguments: [instance.id.rawValue, name, Self.maximumJobs])
        let word = reply.string ?? ""
        if word == "accepted" { return .accepted }
        return InstanceStatus(rawValue: word).map { .notFailed($0) } ?? .absent
    }

    /// Adds the job of a destroyed instance again, if it has given up.
    public func retryDestroyed(_ id: InstanceID) async throws -> RetryRequest {
        guard let name = try await self.redis.hget(self.keys.destroyed, id.rawValue) else { return .absent }
        let reply = try await self.run(
            InstanceScripts.retryDestroyed, keys: [self.keys.destroyed(id), self.keys.progress(id), self.keys.jobs],
            arguments: [id.rawValue, String(decoding: name, as: UTF8.self), Self.maximumJobs])
        return reply.int == 1 ? .accepted : .absent
    }

    /// Runs a script that can be repeated, and repeats it while it is not known whether it was run.
    private func run(
        _ script: RedisScript, keys: [String], arguments: [any RedisArgument]
    ) async throws(RedisError) -> RedisValue {
        var left = Self.repetitions
        var mayHaveExecuted = false
        while true {
            do {
                return try await self.redis.run(script, keys: keys, arguments: arguments)
            } catch {
                // A repetition that was not sent does not tell what became of the first.
                mayHaveExecuted = mayHaveExecuted || error.mayHaveExecuted
                guard mayHaveExecuted, error.code != .cancelled, left > 0 else {
                    throw RedisError(code: error.code, message: error.message, mayHaveExecuted: mayHaveExecuted)
                }
                left -= 1
            }
        }
    }
}
