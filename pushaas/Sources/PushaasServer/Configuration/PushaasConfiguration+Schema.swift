import PushRuntime

extension PushaasConfiguration {
    /// The keys of pushaas; in the environment `PUSHAAS_API__ENABLE_AUTH` and so on.
    ///
    /// - Parameter providerKeys: Those of all providers that the program has.
    public static func schema(providerKeys: [ConfigurationKey]) -> ConfigurationSchema {
        ConfigurationSchema(
            prefix: "PUSHAAS", keys: self.ownKeys + self.planKeys + providerKeys + ConfigurationKey.logging)
    }

    private static let ownKeys: [ConfigurationKey] = [
        ConfigurationKey(
            "api.enable_auth", .bool, default: "true", documentation: "Whether /api/v1 asks for the user and the password."),
        ConfigurationKey(
            "api.basic_auth_user", default: "tsuru",
            documentation: "The user of HTTP Basic authentication: `username` in tsuru's manifest."),
        ConfigurationKey(
            "api.basic_auth_password", default: "abc123", isSecret: true,
            documentation: "The user's password: `password` in tsuru's manifest."),
        ConfigurationKey(
            "redis.url", default: "redis://localhost:6379",
            documentation:
                "The Redis where instances, bindings and jobs are kept; several pushaas share it. It has to be persistent."),
        ConfigurationKey(
            "redis.db.instance.prefix", default: "instance",
            documentation:
                "Begins the keys of instances. On a Redis Cluster give all five prefixes one hash tag: {pushaas}:instance."),
        ConfigurationKey(
            "redis.db.instance.vars_prefix", default: "instance-vars",
            documentation: "Begins the keys of what instances hand to applications."),
        ConfigurationKey(
            "redis.db.bind_app.prefix", default: "bind-app", documentation: "Begins the keys of bindings of apps and jobs."),
        ConfigurationKey(
            "redis.db.bind_unit.prefix", default: "bind-unit", documentation: "Begins the keys of bindings of units."),
        ConfigurationKey(
            "redis.db.job.prefix", default: "job", documentation: "Begins the keys of jobs, their locks, progress and logs."),
        ConfigurationKey("server.host", default: "0.0.0.0", documentation: "The address to listen on."),
        ConfigurationKey("server.port", .port, default: "9000", documentation: "The port to listen on."),
        ConfigurationKey(
            "server.trusted_proxies", default: "",
            documentation:
                "Networks of proxies, separated by commas (10.0.0.0/8, fd00::/8), whose X-Forwarded-For tells a client's address; "
                + "failed sign-ins are counted by that address."),
        ConfigurationKey(
            "provisioner.provider", .choice(["ecs", "docker", "process"]), default: "ecs",
            documentation: "Where instances run: Amazon ECS, a Docker Engine, or processes of this machine."),
        ConfigurationKey(
            "provisioner.installation", default: "pushaas",
            documentation:
                "Marks what this pushaas has made (tag pushaas.installation): lower-case letters, digits and hyphens. Another pushaas at the "
                + "same provider needs another; once there are instances it must not change."),
        ConfigurationKey(
            "workers.enabled", .bool, default: "true", documentation: "Whether this pushaas works on jobs and reconciles."),
        ConfigurationKey(
            "workers.count", .int(1...64), default: "4", documentation: "Jobs that this pushaas works on at once."),
        ConfigurationKey(
            "workers.lock_timeout", .duration(.seconds(2)...(.seconds(600))), default: "30s",
            documentation: "How long after a worker has died another takes over its job."),
        ConfigurationKey(
            "workers.reconciler.enabled", .bool, default: "true",
            documentation: "Whether this pushaas takes part in removing leftovers and looking for drift."),
        ConfigurationKey(
            "workers.reconciler.interval", .duration(.seconds(1)...(.seconds(86_400))), default: "10m",
            documentation: "How often that is done; several pushaas share one run."),
    ]
}
