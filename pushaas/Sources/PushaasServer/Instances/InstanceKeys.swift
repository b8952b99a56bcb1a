import PushaasProvisioning

/// The names of the keys in Redis, made from the prefixes that are configured.
///
/// Scripts change several of these keys in one step, so on a Redis Cluster all prefixes have to share a hash tag, `{pushaas}instance` say.
/// Every key is passed to a script as a key, and each begins with one of the prefixes.
public struct InstanceKeys: Sendable, Hashable {
    /// `redis.db.instance.prefix`
    public var instancePrefix: String
    /// `redis.db.instance.vars_prefix`
    public var variablesPrefix: String
    /// `redis.db.bind_app.prefix`
    public var bindAppPrefix: String
    /// `redis.db.bind_unit.prefix`
    public var bindUnitPrefix: String
    /// `redis.db.job.prefix`
    public var jobPrefix: String

    public init(
        instancePrefix: String = "instance", variablesPrefix: String = "instance-vars", bindAppPrefix: String = "bind-app",
        bindUnitPrefix: String = "bind-unit", jobPrefix: String = "job"
    ) {
        self.instancePrefix = instancePrefix
        self.variablesPrefix = variablesPrefix
        self.bindAppPrefix = bindAppPrefix
        self.bindUnitPrefix = bindUnitPrefix
        self.jobPrefix = jobPrefix
    }

    /// A hash: the record of the live instance of this name.
    public func instance(_ name: String) -> String { "\(self.instancePrefix):\(name)" }
    /// A hash: its outputs and secrets.
    public func variables(_ name: String) -> String { "\(self.variablesPrefix):\(name)" }
    /// A sorted set: the names of all live instances by the time of their creation.
    public var index: String { "\(self.instancePrefix)-index" }

    /// A hash: id -> name of each instance that was destroyed and of which something is left.
    public var destroyed: String { "\(self.instancePrefix)-destroyed" }
    /// A hash: the record, outputs and secrets of one of them.
    public func destroyed(_ id: InstanceID) -> String { "\(self.instancePrefix)-destroyed:\(id)" }
    /// A sorted set: ids of instances of which nothing was left, by the time at which that was found.
    public var gone: String { "\(self.instancePrefix)-gone" }

    /// A string with a time to live: the creation with this id was given up.
    public func abandoned(_ id: InstanceID) -> String { "\(self.instancePrefix)-abandoned:\(id)" }

    /// A hash: app -> bind.
    public func bindApps(_ name: String) -> String { "\(self.bindAppPrefix):\(name)" }
    /// A hash: job -> bind.
    public func bindJobs(_ name: String) -> String { "\(self.bindAppPrefix)-job:\(name)" }
    /// A hash: unit host -> app.
    public func bindUnits(_ name: String) -> String { "\(self.bindUnitPrefix):\(name)" }

    /// A stream: the jobs that wait or are worked on.
    public var jobs: String { "\(self.jobPrefix):stream" }
    /// A sorted set: jobs that wait for a time, by that time.
    public var delayedJobs: String { "\(self.jobPrefix):delayed" }
    /// A string with a time to live: who works on the instance.
    public func lock(_ id: InstanceID) -> String { "\(self.jobPrefix):lock:\(id)" }
    /// A hash: how far the instance's job is, step by step.
    public func progress(_ id: InstanceID) -> String { "\(self.jobPrefix):progress:\(id)" }
    /// A list: what the instance's jobs have told, oldest first.
    public func log(_ id: InstanceID) -> String { "\(self.jobPrefix):log:\(id)" }
    /// A string with a time to live: which pushaas reconciles.
    public var reconcilerLock: String { "\(self.jobPrefix):reconciler" }
    /// A string: what the last reconciliation found, as JSON.
    public var reconciliation: String { "\(self.jobPrefix):reconciliation" }
}
