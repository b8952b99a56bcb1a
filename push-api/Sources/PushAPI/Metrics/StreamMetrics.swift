import Metrics
import PushRuntime
import Synchronization

/// Gauges of the stream and of the agents that read it. An agent that is gone loses its series, so that its last figures do not stay.
final class StreamMetrics: Sendable {
    private struct State {
        /// By name and agent; the agent is empty for those of the stream.
        var gauges: [Key: Gauge] = [:]
    }

    private struct Key: Hashable {
        let name: String
        let agent: String
    }

    private let registry: PrometheusRegistry
    private let state = Mutex(State())

    init(registry: PrometheusRegistry) {
        self.registry = registry
        for (name, help) in [
            ("push_api_stream_length", "Entries of the message stream that Redis has."),
            ("push_api_stream_entries", "Entries that the message stream has ever had."),
            ("push_api_agents", "Agents whose statistics have not expired."),
            ("push_api_agent_lag_messages", "Stream entries that the agent's push-stream has not got, if that is known."),
            ("push_api_agent_lag_seconds", "Age of the oldest stream entry that the agent's push-stream has not got."),
            ("push_api_agent_position", "Id of the last stream entry that the agent's push-stream has: milliseconds since 1970."),
        ] {
            registry.describe(name, help: help)
        }
    }

    func update(_ snapshot: AgentsRepository.Snapshot) {
        var values: [Key: Double] = [
            Key(name: "push_api_stream_length", agent: ""): Double(snapshot.stream.length),
            Key(name: "push_api_agents", agent: ""): Double(snapshot.agents.count),
        ]
        values[Key(name: "push_api_stream_entries", agent: "")] = snapshot.stream.published.map { Double($0) }
        for agent in snapshot.agents {
            values[Key(name: "push_api_agent_lag_messages", agent: agent.agent)] = agent.lagMessages.map { Double($0) }
            values[Key(name: "push_api_agent_lag_seconds", agent: agent.agent)] = agent.lagSeconds
            values[Key(name: "push_api_agent_position", agent: agent.agent)] = (agent.position?.milliseconds).map { Double($0) }
        }
        self.show(values)
    }

    /// Nothing is known at present.
    func clear() { self.show([:]) }

    private func show(_ values: [Key: Double]) {
        self.state.withLock { state in
            for (key, gauge) in state.gauges where values[key] == nil {
                gauge.destroy()
                state.gauges[key] = nil
            }
            for (key, value) in values {
                let gauge =
                    state.gauges[key]
                    ?? Gauge(
                        label: key.name, dimensions: key.agent.isEmpty ? [] : [("agent", key.agent)], factory: self.registry)
                state.gauges[key] = gauge
                gauge.record(value)
            }
        }
    }
}
