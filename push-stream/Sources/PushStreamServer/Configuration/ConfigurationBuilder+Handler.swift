import NginxConf
import PushStreamCore

extension ConfigurationBuilder {
    private static let handlerNames = [
        "push_stream_subscriber", "push_stream_publisher", "push_stream_channels_statistics", "push_stream_metrics",
        "push_stream_health",
    ]

    /// What answers the requests of a location.
    func handler(_ scope: Scope, store: StoreSettings) throws(ConfigurationError) -> LocationHandler {
        let directives = scope.block.directives.filter { Self.handlerNames.contains($0.name) }
        guard let directive = directives.first else { return .none }
        if let second = directives.first(where: { $0.name != directive.name }) {
            throw second.error("\"\(second.name)\" directive is duplicate")
        }
        switch directive.name {
        case "push_stream_metrics": return .metrics
        case "push_stream_health": return .readiness
        default: break
        }
        try self.checkModule(scope, directive, store: store)
        switch directive.name {
        case "push_stream_publisher":
            return .publisher(try self.publisher(scope, isAdmin: directive.text.lowercased() == "admin"))
        case "push_stream_subscriber":
            let mode = SubscriberMode(rawValue: directive.text.lowercased()) ?? .streaming
            return .subscriber(try self.subscriber(scope, mode: mode, store: store))
        default:
            return .statistics(channelsPath: try self.complex("push_stream_channels_path", scope))
        }
    }

    /// The same kind of handler with what an `if` inside the location changes.
    func refine(_ handler: LocationHandler, _ scope: Scope, store: StoreSettings) throws(ConfigurationError) -> LocationHandler {
        switch handler {
        case .publisher(let settings): .publisher(try self.publisher(scope, isAdmin: settings.isAdmin))
        case .subscriber(let settings): .subscriber(try self.subscriber(scope, mode: settings.mode, store: store))
        case .statistics: .statistics(channelsPath: try self.complex("push_stream_channels_path", scope))
        case .none, .respond, .metrics, .readiness: handler
        }
    }

    private func publisher(_ scope: Scope, isAdmin: Bool) throws(ConfigurationError) -> PublisherSettings {
        PublisherSettings(
            isAdmin: isAdmin,
            channelsPath: try self.complex("push_stream_channels_path", scope),
            storesMessages: scope.flag("push_stream_store_messages") ?? false,
            infoOnPublish: scope.flag("push_stream_channel_info_on_publish") ?? true,
            allowedOrigins: try self.complex("push_stream_allowed_origins", scope)
        )
    }

    private func subscriber(
        _ scope: Scope,
        mode: SubscriberMode,
        store: StoreSettings
    ) throws(ConfigurationError) -> SubscriberSettings {
        let ttl = scope.number("push_stream_subscriber_connection_ttl")
        return SubscriberSettings(
            mode: mode,
            channelsPath: try self.complex("push_stream_channels_path", scope),
            authorizedChannelsOnly: scope.flag("push_stream_authorized_channels_only") ?? false,
            headerTemplate: try self.headerTemplate(scope),
            messageTemplate: MessageTemplate(
                scope.text("push_stream_message_template").flatMap { $0.isEmpty ? nil : $0 } ?? "~text~"),
            footerTemplate: scope.text("push_stream_footer_template").flatMap { $0.isEmpty ? nil : $0 },
            maxWildcardChannels: scope.number("push_stream_wildcard_channel_max_qtd") ?? store.maxWildcardChannels,
            pingInterval: scope.number("push_stream_ping_message_interval"),
            connectionTTL: ttl,
            longPollingTTL: scope.number("push_stream_longpolling_connection_ttl") ?? ttl,
            websocketAllowsPublish: scope.flag("push_stream_websocket_allow_publish") ?? false,
            lastReceivedTime: try self.complex("push_stream_last_received_message_time", scope),
            lastReceivedTag: try self.complex("push_stream_last_received_message_tag", scope),
            lastEventID: try self.complex("push_stream_last_event_id", scope),
            userAgent: try self.complex("push_stream_user_agent", scope),
            paddings: try self.paddings(scope),
            allowedOrigins: try self.complex("push_stream_allowed_origins", scope),
            allowsEventsChannel: scope.flag("push_stream_allow_connections_to_events_channel") ?? false,
            storesMessages: scope.flag("push_stream_store_messages") ?? false
        )
    }

    private func paddings(_ scope: Scope) throws(ConfigurationError) -> [PaddingRule] {
        guard let directive = scope.nearest("push_stream_padding_by_user_agent") else { return [] }
        return try PaddingGroup.read(directive).map {
            PaddingRule(agent: $0.agent, headerMinimum: $0.headerMinimum, messageMinimum: $0.messageMinimum)
        }
    }

    /// The text or the file, whichever the innermost level has; both on one level is an error.
    private func headerTemplate(_ scope: Scope) throws(ConfigurationError) -> String? {
        let directives = scope.nearestAll("push_stream_header_template", "push_stream_header_template_file")
        if directives.count > 1 {
            let second = directives[1]
            let complaint =
                second.name == "push_stream_header_template"
                ? "is duplicate" : "is duplicate or template set by 'push_stream_header_template'"
            throw second.error("\"\(second.name)\" directive \(complaint)")
        }
        guard let directive = directives.first else { return nil }
        let text = directive.name == "push_stream_header_template" ? directive.text : try TemplateFile.read(directive)
        return text.isEmpty ? nil : text
    }

    /// What the module checks for each location of its own.
    private func checkModule(_ scope: Scope, _ directive: Directive, store: StoreSettings) throws(ConfigurationError) {
        guard scope.nearest("push_stream_channels_path") != nil else {
            throw Self.complaint("push_stream_channels_path must be set.", at: directive.location)
        }
        _ = try self.positive("push_stream_ping_message_interval", scope)
        _ = try self.positive("push_stream_subscriber_connection_ttl", scope)
        _ = try self.positive("push_stream_longpolling_connection_ttl", scope)
        let isEventSource = directive.name == "push_stream_subscriber" && directive.text.lowercased() == "eventsource"
        if let template = scope.nearest("push_stream_message_template"), template.text.isEmpty, !isEventSource {
            throw Self.complaint("push_stream_message_template cannot be blank.", at: template.location)
        }
        let wildcards = try self.positive("push_stream_wildcard_channel_max_qtd", scope) ?? store.maxWildcardChannels
        guard let wildcards else { return }
        let place = scope.nearest("push_stream_wildcard_channel_max_qtd")?.location ?? directive.location
        if store.wildcardPrefix == nil {
            throw Self.complaint(
                "cannot set wildcard channel max qtd if push_stream_wildcard_channel_prefix is not set or blank.", at: place)
        }
        if let most = store.maxWildcardChannels, most < wildcards {
            throw Self.complaint(
                "max number of wildcard channels cannot be smaller than value in push_stream_wildcard_channel_max_qtd.", at: place
            )
        }
    }
}
