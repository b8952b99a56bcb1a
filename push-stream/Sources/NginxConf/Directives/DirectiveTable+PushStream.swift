/// The directives of the Nginx Push Stream module 0.6.0 with its contexts, kinds and defaults, as its documentation and its
/// answers give them; and those of this engine.
extension DirectiveTable {
    private static let levels = DirectiveContexts.httpLevels
    private static let levelsAndIf: DirectiveContexts = [.http, .server, .location, .locationIf]

    static let pushStream: [DirectiveSpecification] = [
        Self.module(
            "push_stream_channels_statistics", .location, arity: 0...0, repeats: true,
            summary: "The location answers with statistics."),
        Self.module(
            "push_stream_publisher", .location, arity: 0...1, summary: "The location publishes; `admin` may also delete channels."
        ) {
            directive throws(ConfigurationError) in
            try Self.checkMode(directive, ["normal", "admin"])
        },
        Self.module("push_stream_subscriber", .location, arity: 0...1, summary: "The location serves subscribers in this mode.") {
            directive throws(ConfigurationError) in
            try Self.checkMode(directive, ["streaming", "polling", "long-polling", "eventsource", "websocket"])
        },
        // Of the http level.
        Self.module(
            "push_stream_shared_memory_size", .http, arity: 1...2,
            summary:
                "Memory that channels and messages may take together. Required; at least 128k. A name for it is read and not needed.",
            duplicateMessage: "duplicate zone \"push_stream_module\""
        ) { directive throws(ConfigurationError) in
            guard let size = Units.size(directive.text), size > 31 * 4096 else {
                throw directive.error("The push_stream_shared_memory_size value must be at least 128KiB", level: .warn)
            }
        },
        Self.module(
            "push_stream_channel_deleted_message_text", .http, default: "Channel deleted",
            summary: "Text that subscribers of a deleted channel get."),
        Self.module("push_stream_ping_message_text", .http, default: "\" \"", summary: "Text of a ping."),
        Self.module(
            "push_stream_timeout_with_body", .http, kind: .flag, default: "off",
            summary: "A long poll that ends without message answers 200 with a body."),
        Self.module("push_stream_message_ttl", .http, kind: .seconds, default: "30m", summary: "How long a message is kept."),
        Self.module(
            "push_stream_channel_inactivity_time", .http, kind: .seconds, default: "30s",
            summary: "How long a channel without traffic is kept."),
        Self.module("push_stream_max_subscribers_per_channel", .http, kind: .number, summary: "Subscribers of one channel."),
        Self.module(
            "push_stream_max_messages_stored_per_channel", .http, kind: .number, summary: "Messages that one channel keeps."),
        Self.module("push_stream_max_channel_id_length", .http, kind: .number, summary: "Bytes of a channel id."),
        Self.module(
            "push_stream_max_number_of_channels", .http, kind: .number, summary: "Channels, wildcard channels not counted."),
        Self.module("push_stream_max_number_of_wildcard_channels", .http, kind: .number, summary: "Wildcard channels."),
        Self.module("push_stream_wildcard_channel_prefix", .http, summary: "What ids of wildcard channels begin with."),
        Self.module("push_stream_events_channel_id", .http, summary: "Channel that tells about channels and subscribers."),
        // Of all http levels.
        Self.module("push_stream_channels_path", levelsAndIf, kind: .complex, summary: "The channels of a request."),
        Self.module(
            "push_stream_store_messages", levelsAndIf, kind: .flag, default: "off",
            summary: "Keeps published messages for later subscribers."),
        Self.module(
            "push_stream_channel_info_on_publish", levels, kind: .flag, default: "on",
            summary: "Answers a publisher with the channel's figures."),
        Self.module(
            "push_stream_authorized_channels_only", levels, kind: .flag, default: "off",
            summary: "Only channels that hold a message can be subscribed."),
        Self.module(
            "push_stream_header_template_file", levels, summary: "File with the text that a subscriber gets first.",
            duplicateMessage:
                "\"push_stream_header_template_file\" directive is duplicate or template set by 'push_stream_header_template'"
        ) {
            directive throws(ConfigurationError) in
            // Read once here, so that a missing file is told with its line.
            _ = try TemplateFile.read(directive)
        },
        Self.module("push_stream_header_template", levels, summary: "Text that a subscriber gets first."),
        Self.module("push_stream_message_template", levels, default: "~text~", summary: "Form of a message."),
        Self.module("push_stream_footer_template", levels, summary: "Text that a subscriber gets last."),
        Self.module(
            "push_stream_wildcard_channel_max_qtd", levels, kind: .number, default: "push_stream_max_number_of_wildcard_channels",
            summary: "Wildcard channels in one subscription."),
        Self.module("push_stream_ping_message_interval", levels, kind: .milliseconds, summary: "Time between two pings."),
        Self.module(
            "push_stream_subscriber_connection_ttl", levels, kind: .milliseconds,
            summary: "How long a subscriber stays connected."),
        Self.module(
            "push_stream_longpolling_connection_ttl", levels, kind: .milliseconds,
            default: "push_stream_subscriber_connection_ttl", summary: "How long a long poll waits."),
        Self.module(
            "push_stream_websocket_allow_publish", levels, kind: .flag, default: "off",
            summary: "WebSocket subscribers may publish."),
        Self.module(
            "push_stream_last_received_message_time", levelsAndIf, kind: .complex, default: "$http_if_modified_since",
            summary: "Where to resume: the time."),
        Self.module(
            "push_stream_last_received_message_tag", levelsAndIf, kind: .complex, default: "$http_if_none_match",
            summary: "Where to resume: the tag."),
        Self.module(
            "push_stream_last_event_id", levelsAndIf, kind: .complex, default: "$http_last_event_id",
            summary: "Where to resume: the event id."),
        Self.module(
            "push_stream_user_agent", levels, kind: .complex, default: "$http_user_agent", summary: "What padding is chosen by."),
        Self.module("push_stream_padding_by_user_agent", levels, summary: "Least sizes of header and message by user agent.") {
            directive throws(ConfigurationError) in
            _ = try PaddingGroup.read(directive)
        },
        Self.module("push_stream_allowed_origins", levels, kind: .complex, summary: "Origins that browsers may call from."),
        Self.module(
            "push_stream_allow_connections_to_events_channel", levelsAndIf, kind: .flag, default: "off",
            summary: "The events channel can be subscribed."),
    ]

    /// An Nginx does not know these: they stand on `#push-stream:` lines, which it takes for comments.
    static let engine: [DirectiveSpecification] = [
        .init(
            "push_stream_metrics", in: .location, 0...0, origin: .engine,
            summary: "The location answers with metrics in Prometheus text."),
        .init(
            "push_stream_subscriber_queue_size", in: .http, 1...1, .size, origin: .engine, defaultValue: "1m",
            summary: "Bytes that may wait for a subscriber that does not read. One that is due more is closed."
        ) { directive throws(ConfigurationError) in
            guard case .number(1...) = directive.value else {
                throw directive.error("\(directive.name) cannot be zero.", level: .emerg)
            }
        },
        .init(
            "push_stream_subscribers_limit", in: .main, 1...1, .number, origin: .engine, defaultValue: "0",
            summary:
                "Subscribers that the server has at most, over all channels; further ones get 503. 0 is no limit. At the main level, so "
                + "that `-g` can set it."),
        .init(
            "push_stream_history_limit", in: .main, 2...2, origin: .engine,
            summary:
                "Messages that a channel keeps, and for how long: holds in place of `push_stream_max_messages_stored_per_channel` and "
                + "`push_stream_message_ttl`. At the main level, so that `-g` can set it.",
            check: { directive throws(ConfigurationError) in _ = try HistoryLimit(directive) }),
        .init(
            "push_stream_health", in: .location, 1...1, .choice(["ready"]), origin: .engine,
            summary: "The location answers 200 while new subscribers are taken, 503 while the server drains."),
    ]

    private static func checkMode(_ directive: Directive, _ modes: [String]) throws(ConfigurationError) {
        guard let mode = directive.arguments.first, !modes.contains(mode.lowercased()) else { return }
        let accepted = modes.joined(separator: ", ")
        throw directive.error(
            "push stream module: invalid \(directive.name) mode value: \(mode), accepted values (\(accepted))", level: .error)
    }

    private static func module(
        _ name: String,
        _ contexts: DirectiveContexts,
        arity: ClosedRange<Int> = 1...1,
        kind: ArgumentKind = .text,
        default defaultValue: String? = nil,
        repeats: Bool = false,
        summary: String,
        duplicateMessage: String? = nil,
        check: (@Sendable (Directive) throws(ConfigurationError) -> Void)? = nil
    ) -> DirectiveSpecification {
        .init(
            name, in: contexts, arity, kind, repeats: repeats,
            inheritance: contexts == .http || contexts == .location ? .none : .nearest, origin: .pushStreamModule,
            defaultValue: defaultValue, summary: summary, duplicateMessage: duplicateMessage, check: check)
    }
}
