import PushRuntime

extension PushAPIConfiguration {
    /// The keys of push-api; in the environment `PUSHAPI_API__ENABLE_AUTH` and so on.
    public static let schema = ConfigurationSchema(prefix: "PUSHAPI", keys: ownKeys + ConfigurationKey.logging)

    private static let ownKeys: [ConfigurationKey] = [
        ConfigurationKey(
            "api.enable_auth", .bool, default: "true",
            documentation: "Whether /api/v1 asks for the user and the password."),
        ConfigurationKey("api.basic_auth_user", default: "app", documentation: "The user of HTTP Basic authentication."),
        ConfigurationKey(
            "api.basic_auth_password", default: "abc123", isSecret: true, documentation: "The user's password."),
        ConfigurationKey(
            "api.statics_path",
            documentation: "A folder with an index.html that replaces the built-in admin app at /admin; read once, at start."),
        ConfigurationKey(
            "push_stream.url", .url(schemes: ["http", "https"]), default: "http://localhost:9080",
            documentation: "The address of push-stream that browsers use."),
        ConfigurationKey(
            "redis.url", default: "redis://localhost:6379", documentation: "The Redis that push-api and push-agent share."),
        ConfigurationKey(
            "redis.db.channel.prefix", default: "ch", documentation: "Begins the keys of persistent channels."),
        ConfigurationKey(
            "redis.db.stats_global.prefix", default: "stats_global",
            documentation: "Begins the keys of each agent's summary; the same as push-agent's."),
        ConfigurationKey(
            "redis.db.stats_channel.prefix", default: "stats_channel",
            documentation: "Begins the keys of each agent's channel statistics; the same as push-agent's."),
        ConfigurationKey(
            "redis.stream.max_length", .int(1000...1_000_000_000), default: "1000000",
            documentation: "Messages that Redis keeps at most, about, for agents that are behind."),
        ConfigurationKey(
            "redis.stream.retention", .duration(.seconds(60)...(.seconds(365 * 86_400))), default: "1h",
            documentation: "How long Redis keeps a message for agents that are behind."),
        ConfigurationKey(
            "limits.messages_per_second", .int(0...1_000_000), default: "0",
            documentation:
                "Messages per second that all publishers together may publish, counted for each channel, over all push-apis of this "
                + "Redis; 0 is no limit. API keys may have limits of their own."),
        ConfigurationKey("server.host", default: "0.0.0.0", documentation: "The address to listen on."),
        ConfigurationKey("server.port", .port, default: "8080", documentation: "The port to listen on."),
        ConfigurationKey(
            "server.trusted_proxies", default: "",
            documentation:
                "Networks of proxies, separated by commas (10.0.0.0/8, fd00::/8), whose X-Forwarded-For tells a client's address; "
                + "failed sign-ins are counted by that address."),
        ConfigurationKey("workers.enabled", .bool, default: "true", documentation: "Whether any background work runs here."),
        ConfigurationKey(
            "workers.persistent_channels.enabled", .bool, default: "true",
            documentation: "Whether this push-api takes part in keeping persistent channels on every push-stream."),
        ConfigurationKey(
            "workers.persistent_channels.interval", .duration, default: "1m",
            documentation: "How often that is done; several push-apis share one run."),
        ConfigurationKey(
            "workers.persistent_channels.lock_key", default: "push_lock:persistent_channels",
            documentation: "The Redis key by which push-apis agree which one does it."),
        ConfigurationKey(
            "workers.persistent_channels.lock_timeout", .duration, default: "50s",
            documentation: "How long the others then leave it alone; a little less than the interval."),
        ConfigurationKey(
            "workers.housekeeping.enabled", .bool, default: "true",
            documentation: "Whether this push-api removes old messages and forgets agents that are gone."),
        ConfigurationKey(
            "workers.housekeeping.interval", .duration, default: "1m", documentation: "How often it does so."),
        ConfigurationKey(
            "workers.metrics.enabled", .bool, default: "true",
            documentation: "Whether /metrics tells how long the stream is and how far each agent has come."),
        ConfigurationKey(
            "workers.metrics.interval", .duration, default: "10s", documentation: "How often that is looked up."),
    ]
}
