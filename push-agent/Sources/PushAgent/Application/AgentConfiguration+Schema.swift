import PushRuntime

extension AgentConfiguration {
    /// All keys, with their defaults and documentation.
    public static let schema = ConfigurationSchema(
        prefix: "PUSHAGENT",
        keys: [
            ConfigurationKey(
                "agent.name",
                documentation: "The agent's stable name, under which it keeps its position; the host's name if not set."),
            ConfigurationKey(
                "push_stream.url", default: "http://localhost:9081",
                documentation: "push-stream's publisher and statistics: http://host:port or unix:/path/to.sock."),
            ConfigurationKey(
                "push_stream.timeout", .duration(.milliseconds(100)...(.seconds(300))), default: "10s",
                documentation:
                    "How long connecting to push-stream may take, and how long it may leave requests without any answer."),
            ConfigurationKey(
                "redis.url", default: "redis://localhost:6379",
                documentation: "Redis: redis://[user[:password]@]host[:port][/database], rediss:// for TLS, redis+sentinel://."),
            ConfigurationKey(
                "redis.db.stats_global.prefix", default: "stats_global",
                documentation: "How the keys with push-stream's summary begin; the same as push-api's."),
            ConfigurationKey(
                "redis.db.stats_channel.prefix", default: "stats_channel",
                documentation: "How the keys with a channel's statistics begin; the same as push-api's."),
            ConfigurationKey(
                "server.host", default: "0.0.0.0", documentation: "The address of the health and metrics endpoints."),
            ConfigurationKey(
                "server.port", .port, default: "8090", documentation: "The port of the health and metrics endpoints."),
            ConfigurationKey("workers.enabled", .bool, default: "true", documentation: "Turns both workers on or off."),
            ConfigurationKey(
                "workers.stats.enabled", .bool, default: "true", documentation: "Copies push-stream's statistics to Redis."),
            ConfigurationKey("workers.stats.interval", .duration, default: "1m", documentation: "How often it does."),
            ConfigurationKey(
                "workers.stats.expiration", .duration, default: "2m",
                documentation: "How long Redis keeps the statistics; longer than the interval."),
            ConfigurationKey(
                "workers.stats.sample_interval", .duration(.milliseconds(100)...(.seconds(300))), default: "10s",
                documentation: "How often subscribers and messages are sampled for the last hour's history, which has a slot for "
                    + "each ten seconds."),
            ConfigurationKey(
                "workers.subscription.enabled", .bool, default: "true",
                documentation: "Delivers messages from Redis to push-stream."),
            ConfigurationKey(
                "workers.subscription.replay_window", .duration(.zero...(.seconds(30 * 86_400))), default: "5m",
                documentation: "How far back a restarted push-stream is filled, and where a new agent starts; "
                    + "as long as push_stream_message_ttl in nginx.conf."),
            ConfigurationKey(
                "workers.subscription.batch_size", .int(1...10_000), default: "500",
                documentation: "Stream entries of one read; another batch is read while one is in flight."),
            ConfigurationKey(
                "workers.subscription.in_flight_messages", .int(1...100_000), default: "1000",
                documentation: "The most publishes without an answer."),
            ConfigurationKey(
                "workers.subscription.in_flight_bytes", .bytes(1_024...(1 << 30)), default: "4MB",
                documentation: "The most bytes of publishes without an answer."),
            ConfigurationKey(
                "workers.subscription.failure_retries", .int(0...1_000), default: "5",
                documentation:
                    "How often a message is sent again that push-stream answers with 500, as it does when its store is full."),
            ConfigurationKey(
                "workers.subscription.drain_timeout", .duration(.zero...(.seconds(25))), default: "10s",
                documentation:
                    "How long the shutdown waits for answers to what is in flight; less than the platform's grace period."),
        ] + ConfigurationKey.logging
    )
}
