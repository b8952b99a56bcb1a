/// Why a subscriber was disconnected. The numbers of cases are bounded, so they label metrics.
public enum DisconnectReason: Int, Sendable, CaseIterable {
    /// The client closed the connection, or it broke.
    case clientClosed
    /// `push_stream_subscriber_connection_ttl` or a long poll's time is over.
    case expired
    /// A long poll was answered.
    case answered
    case channelDeleted
    /// More than the allowed bytes wait for a client that does not read them.
    case slow
    /// The client broke the WebSocket protocol or sent what it must not.
    case protocolError
    case shutdown

    var label: String {
        switch self {
        case .clientClosed: "client_closed"
        case .expired: "expired"
        case .answered: "answered"
        case .channelDeleted: "channel_deleted"
        case .slow: "slow"
        case .protocolError: "protocol_error"
        case .shutdown: "shutdown"
        }
    }
}

/// The engine's counters at one moment.
public struct EngineMetrics: Sendable {
    public var connections = 0
    public var acceptedConnections = 0
    public var refusedConnections = 0
    public var requests = 0
    /// Answers by status class; index 4 is 4xx.
    public var responses = [Int](repeating: 0, count: 6)
    public var deliveries = 0
    public var pings = 0
    /// Bytes handed to subscribers, without the heads of streams and handshakes.
    public var sentBytes = 0
    public var disconnects = [Int](repeating: 0, count: DisconnectReason.allCases.count)
    public var subscribersByMode: [SubscriberMode: Int] = [:]
    /// Whether the last configuration that was to be applied was applied; the one of the start counts.
    public var lastReloadSucceeded = true
    /// When the configuration in force was applied, in seconds since 1970.
    public var configurationTime = 0

    public init() {}

    /// Prometheus' text format, version 0.0.4.
    public func render(store: StoreSummary, isReady: Bool) -> String {
        var text = ""
        func metric(_ name: String, _ type: String, _ help: String, _ samples: [(labels: String, value: Int)]) {
            text += "# HELP push_stream_\(name) \(help)\n# TYPE push_stream_\(name) \(type)\n"
            for sample in samples { text += "push_stream_\(name)\(sample.labels) \(sample.value)\n" }
        }
        metric("up", "gauge", "1 while subscribers are accepted.", [("", isReady ? 1 : 0)])
        metric("uptime_seconds", "gauge", "Seconds since the start.", [("", store.uptime)])
        metric("connections", "gauge", "Open connections.", [("", connections)])
        metric("connections_accepted_total", "counter", "Connections accepted.", [("", acceptedConnections)])
        metric("connections_refused_total", "counter", "Connections closed for want of room.", [("", refusedConnections)])
        metric("requests_total", "counter", "Requests whose head was read.", [("", requests)])
        metric(
            "responses_total", "counter", "Responses by status class.",
            (1...5).map { ("{class=\"\($0)xx\"}", responses[$0]) })
        metric(
            "subscribers", "gauge", "Connected subscribers.",
            subscribersByMode.sorted { $0.key.rawValue < $1.key.rawValue }.map { ("{mode=\"\($0.key.rawValue)\"}", $0.value) })
        metric(
            "subscribers_disconnected_total", "counter", "Subscribers disconnected, by reason.",
            DisconnectReason.allCases.map { ("{reason=\"\($0.label)\"}", disconnects[$0.rawValue]) })
        metric("deliveries_total", "counter", "Messages handed to subscribers.", [("", deliveries)])
        metric("pings_total", "counter", "Pings sent to subscribers.", [("", pings)])
        metric("sent_bytes_total", "counter", "Bytes of messages and pings handed to subscribers.", [("", sentBytes)])
        metric("published_messages_total", "counter", "Messages published.", [("", store.publishedMessages)])
        metric("stored_messages", "gauge", "Messages in the histories.", [("", store.storedMessages)])
        metric(
            "channels", "gauge", "Channels.",
            [("{kind=\"normal\"}", store.channels), ("{kind=\"wildcard\"}", store.wildcardChannels)])
        metric(
            "config_last_reload_successful", "gauge", "1 if the last configuration was applied, 0 if it was refused.",
            [("", lastReloadSucceeded ? 1 : 0)])
        metric(
            "config_last_reload_success_timestamp_seconds", "gauge", "When the configuration in force was applied.",
            [("", configurationTime)])
        metric("store_bytes", "gauge", "Bytes charged against the store's limit.", [("", store.memoryUsed)])
        return text
    }
}
