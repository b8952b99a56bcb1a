import Metrics

/// The agent's metrics. No label ever holds a channel.
struct AgentMetrics: Sendable {
    /// Messages that push-stream took, without replays.
    let delivered: Counter
    /// Requests that were sent again after an answer that asked for it.
    let retried: Counter
    /// Messages that push-stream refused for good.
    let refused: Counter
    /// Messages that were sent again because push-stream's store was new.
    let replayed: Counter
    let ensured: Counter
    let gaps: Counter
    /// How often the stream's ids went back.
    let restarts: Counter
    let connections: Counter
    let statisticsReports: Counter
    let statisticsFailures: Counter
    /// Entries of one read.
    let batchSize: Recorder
    /// From Redis' time of the entry to push-stream's answer.
    let delay: Timer
    /// Seconds for which the oldest entry that push-stream lacks has been in the stream.
    let lag: Gauge
    let connected: Gauge

    init(factory: any MetricsFactory) {
        self.delivered = Counter(label: "push_agent_delivered_total", factory: factory)
        self.retried = Counter(label: "push_agent_retried_total", factory: factory)
        self.refused = Counter(label: "push_agent_refused_total", factory: factory)
        self.replayed = Counter(label: "push_agent_replayed_total", factory: factory)
        self.ensured = Counter(label: "push_agent_ensured_channels_total", factory: factory)
        self.gaps = Counter(label: "push_agent_gaps_total", factory: factory)
        self.restarts = Counter(label: "push_agent_stream_restarts_total", factory: factory)
        self.connections = Counter(label: "push_agent_connections_total", factory: factory)
        self.statisticsReports = Counter(label: "push_agent_statistics_reports_total", factory: factory)
        self.statisticsFailures = Counter(label: "push_agent_statistics_failures_total", factory: factory)
        self.batchSize = Recorder(label: "push_agent_batch_entries", aggregate: true, factory: factory)
        self.delay = Timer(label: "push_agent_delivery_seconds", factory: factory)
        self.lag = Gauge(label: "push_agent_lag_seconds", factory: factory)
        self.connected = Gauge(label: "push_agent_connected", factory: factory)
        for counter in [
            self.delivered, self.retried, self.refused, self.replayed, self.ensured, self.gaps, self.restarts, self.connections,
            self.statisticsReports, self.statisticsFailures,
        ] {
            // A series that exists from the start makes its first increment visible as a rate.
            counter.increment(by: 0)
        }
    }
}
