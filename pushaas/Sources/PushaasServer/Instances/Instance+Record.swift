import PushRedis
import PushaasProvisioning

/// How an instance lies in Redis: a hash for the record, one for outputs and secrets.
enum InstanceField {
    static let id = "id"
    static let name = "name"
    static let plan = "plan"
    static let targetPlan = "target_plan"
    static let team = "team"
    static let user = "user"
    static let description = "description"
    static let tags = "tags"
    static let created = "created"
    static let status = "status"
    static let failure = "failure"
    static let leftovers = "leftovers"
    static let drift = "drift"
    /// Only of a destroyed one: when its user destroyed it.
    static let destroyed = "destroyed"

    // What pushaas itself chose for the instance. Steps may tell outputs that begin alike, such as the address of a stored secret.
    static let apiUser = "secret.api_user"
    static let apiPassword = "secret.api_password"
    static let redisPassword = "secret.redis_password"
    /// The fields that no output of a step can replace, and that are no outputs.
    static let secrets: Set<String> = [apiUser, apiPassword, redisPassword]

    /// Begins the fields of a destroyed record that were in the hash of outputs and secrets.
    static let variablePrefix = "vars."
}

extension Instance {
    /// The fields of `instance:<name>`.
    func record() throws -> [(field: String, value: String)] {
        var fields = [
            (InstanceField.id, self.id.rawValue), (InstanceField.name, self.name),
            (InstanceField.plan, try RecordCoding.encode(self.plan)), (InstanceField.team, self.team),
            (InstanceField.user, self.user), (InstanceField.description, self.description),
            (InstanceField.tags, try RecordCoding.encode(self.tags)), (InstanceField.created, String(self.created)),
            (InstanceField.status, self.status.rawValue),
            (InstanceField.leftovers, try RecordCoding.encode(self.leftovers)),
            (InstanceField.drift, try RecordCoding.encode(self.drift)),
        ]
        if let targetPlan { fields.append((InstanceField.targetPlan, try RecordCoding.encode(targetPlan))) }
        if let failure { fields.append((InstanceField.failure, failure)) }
        return fields
    }

    /// The fields of `instance-vars:<name>`.
    func variables() -> [(field: String, value: String)] {
        [
            (InstanceField.apiUser, self.secrets.apiUser), (InstanceField.apiPassword, self.secrets.apiPassword),
            (InstanceField.redisPassword, self.secrets.redisPassword),
        ] + Self.variables(self.outputs)
    }

    /// Outputs as fields beside the secrets, which they cannot replace.
    static func variables(_ outputs: StepOutputs) -> [(field: String, value: String)] {
        outputs.filter { !InstanceField.secrets.contains($0.key) }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// - Parameter key: For the error.
    /// - Throws: ``UnreadableRecord``
    init(record: [String: String], variables: [String: String], key: String) throws {
        func text(_ field: String) throws -> String {
            guard let value = record[field] else { throw UnreadableRecord(key: key, field: field) }
            return value
        }
        func value<Value: Decodable>(_ type: Value.Type, _ field: String) throws -> Value {
            let text = try text(field)
            do {
                return try RecordCoding.decode(type, text)
            } catch {
                throw UnreadableRecord(key: key, field: field)
            }
        }
        func secret(_ field: String) throws -> String {
            guard let value = variables[field] else { throw UnreadableRecord(key: key, field: field) }
            return value
        }
        guard let id = InstanceID(rawValue: try text(InstanceField.id)) else {
            throw UnreadableRecord(key: key, field: InstanceField.id)
        }
        guard let created = Int(try text(InstanceField.created)) else {
            throw UnreadableRecord(key: key, field: InstanceField.created)
        }
        guard let status = InstanceStatus(rawValue: try text(InstanceField.status)) else {
            throw UnreadableRecord(key: key, field: InstanceField.status)
        }
        self.init(
            id: id, name: try text(InstanceField.name), plan: try value(Plan.self, InstanceField.plan),
            targetPlan: record[InstanceField.targetPlan] == nil ? nil : try value(Plan.self, InstanceField.targetPlan),
            team: try text(InstanceField.team), user: try text(InstanceField.user),
            description: try text(InstanceField.description), tags: try value([String].self, InstanceField.tags),
            created: created, status: status, failure: record[InstanceField.failure],
            leftovers: try value([Leftover].self, InstanceField.leftovers), drift: try value([String].self, InstanceField.drift),
            secrets: .init(
                apiUser: try secret(InstanceField.apiUser), apiPassword: try secret(InstanceField.apiPassword),
                redisPassword: try secret(InstanceField.redisPassword)),
            outputs: variables.filter { !InstanceField.secrets.contains($0.key) })
    }
}

/// An instance that its user has destroyed, and of which something may be left.
public struct DestroyedInstance: Sendable, Hashable {
    /// As it was; its `failure` and `leftovers` tell what has become of the destruction.
    public var instance: Instance
    /// When it was destroyed: milliseconds since 1970.
    public var destroyed: Int

    public var id: InstanceID { self.instance.id }

    /// - Throws: ``UnreadableRecord``
    init(fields: [String: String], key: String) throws {
        var record: [String: String] = [:]
        var variables: [String: String] = [:]
        for (field, value) in fields {
            if field.hasPrefix(InstanceField.variablePrefix) {
                variables[String(field.dropFirst(InstanceField.variablePrefix.count))] = value
            } else {
                record[field] = value
            }
        }
        guard let destroyed = record[InstanceField.destroyed].flatMap(Int.init) else {
            throw UnreadableRecord(key: key, field: InstanceField.destroyed)
        }
        self.instance = try Instance(record: record, variables: variables, key: key)
        self.destroyed = destroyed
    }
}

extension RedisValue {
    /// The answer to `HGETALL`; `nil` if it is none.
    var fields: [String: String]? {
        guard let flat = self.array, flat.count.isMultiple(of: 2) else { return nil }
        var fields: [String: String] = [:]
        for index in stride(from: 0, to: flat.count, by: 2) {
            guard let name = flat[index].string, let value = flat[index + 1].string else { return nil }
            fields[name] = value
        }
        return fields
    }
}
