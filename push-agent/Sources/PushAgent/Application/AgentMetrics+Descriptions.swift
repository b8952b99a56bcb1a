import PushRuntime

extension AgentMetrics {
    /// Gives the metrics their texts and buckets, before they are made.
    static func describe(in registry: PrometheusRegistry) {
        for (name, help) in [
            ("push_agent_delivered_total", "Messages that push-stream took, without replayed ones."),
            ("push_agent_retried_total", "Publishes that push-stream answered so that they had to be sent again."),
            ("push_agent_refused_total", "Publishes that push-stream refused for good; the messages were skipped."),
            ("push_agent_replayed_total", "Messages that were sent again because push-stream's store was new."),
            ("push_agent_ensured_channels_total", "Channels that were created or kept alive without a message."),
            ("push_agent_gaps_total", "Times that the stream was trimmed past the position, so that messages were lost."),
            ("push_agent_stream_restarts_total", "Times that the stream's ids went back because Redis lost entries."),
            ("push_agent_connections_total", "Connections to push-stream on which messages could be delivered."),
            ("push_agent_statistics_reports_total", "Times that push-stream's statistics were copied to Redis."),
            ("push_agent_statistics_failures_total", "Times that they could not be copied or sampled."),
            ("push_agent_lag_seconds", "Age of the oldest stream entry that push-stream has not got; 0 without any."),
            ("push_agent_connected", "1 while messages can be delivered to push-stream, else 0."),
        ] {
            registry.describe(name, help: help)
        }
        registry.describe(
            "push_agent_batch_entries", help: "Stream entries of one read.",
            buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000])
        registry.describe(
            "push_agent_delivery_seconds", help: "From Redis' time of an entry to push-stream's answer.",
            buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300])
    }
}
