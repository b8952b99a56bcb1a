import NginxConf
import PushStreamCore

extension ConfigurationBuilder {
    /// The `push_stream_*` directives of the `http` level, with the module's checks and messages.
    ///
    /// - Parameter main: has what may take their place.
    func store(_ http: Scope, _ main: Scope, at location: SourceLocation) throws(ConfigurationError) -> StoreSettings {
        var store = StoreSettings()
        if let directive = http.nearest("push_stream_shared_memory_size"), let bytes = Units.size(directive.text) {
            store.memoryLimit = bytes
        } else if self.usesPushStream(http.block) {
            throw Self.complaint("push_stream_shared_memory_size must be set.", at: location)
        }
        // The module looks at the rest only where it serves something.
        guard self.usesPushStream(http.block) else { return store }
        store.maxMessagesPerChannel = try self.positive("push_stream_max_messages_stored_per_channel", http)
        store.maxChannelIDLength = try self.positive("push_stream_max_channel_id_length", http)
        store.maxSubscribersPerChannel = try self.positive("push_stream_max_subscribers_per_channel", http)
        store.maxChannels = try self.positive("push_stream_max_number_of_channels", http)
        store.maxWildcardChannels = try self.positive("push_stream_max_number_of_wildcard_channels", http)
        if let ttl = try self.positive("push_stream_message_ttl", http) { store.messageTTL = ttl }
        if let time = http.number("push_stream_channel_inactivity_time") { store.channelInactivityTime = time }
        store.wildcardPrefix = http.text("push_stream_wildcard_channel_prefix").flatMap { $0.isEmpty ? nil : $0 }
        store.eventsChannelID = http.text("push_stream_events_channel_id").flatMap { $0.isEmpty ? nil : $0 }
        if let text = http.text("push_stream_channel_deleted_message_text") { store.channelDeletedText = text }
        if let text = http.text("push_stream_ping_message_text") { store.pingText = text }
        if let flag = http.flag("push_stream_timeout_with_body") { store.timeoutWithBody = flag }
        if let limit = main.number("push_stream_subscribers_limit"), limit > 0 { store.maxSubscribers = limit }
        if let directive = main.nearest("push_stream_history_limit") {
            let limit = try HistoryLimit(directive)
            store.maxMessagesPerChannel = limit.messages
            store.messageTTL = limit.time
        }
        return store
    }

    /// A number that must not be zero.
    func positive(_ name: String, _ scope: Scope) throws(ConfigurationError) -> Int? {
        guard let directive = scope.nearest(name), case .number(let number) = directive.value else { return nil }
        guard number > 0 else { throw Self.complaint("\(name) cannot be zero.", at: directive.location) }
        return number
    }

    /// What the module says about its directives, at its level.
    static func complaint(_ message: String, at location: SourceLocation) -> ConfigurationError {
        ConfigurationError("push stream module: \(message)", at: location, level: .error)
    }

    private func usesPushStream(_ block: Block) -> Bool {
        block.directives.contains { directive in
            ["push_stream_subscriber", "push_stream_publisher", "push_stream_channels_statistics"].contains(directive.name)
                || directive.block.map(self.usesPushStream) == true
        }
    }
}
