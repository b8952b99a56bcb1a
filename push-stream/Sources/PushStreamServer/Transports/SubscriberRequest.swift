import NIOCore
import NginxConf
import PushStreamCore

/// What all transports read from a subscriber's request.
struct SubscriberRequest {
    let request: Request
    let settings: SubscriberSettings

    /// - Throws: what is wrong with the channels.
    func channels() throws(StoreError) -> [RequestedChannel] {
        try SubscriberPath.parse(request.evaluate(settings.channelsPath) ?? [])
    }

    func storeRequest(_ channels: [RequestedChannel]) -> SubscribeRequest {
        SubscribeRequest(
            channels: channels, position: position, authorizedOnly: settings.authorizedChannelsOnly,
            maxWildcardChannels: settings.maxWildcardChannels, allowsEventsChannel: settings.allowsEventsChannel)
    }

    /// A value in nginx.conf replaces the header field even when it is empty, as in the module.
    private var position: ResumePosition {
        let head = request.head
        return ResumePosition(
            time: settings.lastReceivedTime == nil
                ? head.bytes("if-modified-since") : request.evaluate(settings.lastReceivedTime),
            tag: settings.lastReceivedTag == nil ? head.bytes("if-none-match") : request.evaluate(settings.lastReceivedTag),
            eventID: settings.lastEventID == nil ? head.bytes("last-event-id") : request.evaluate(settings.lastEventID))
    }

    var corsFields: [(name: String, value: String)] {
        guard let origins = request.text(settings.allowedOrigins), !origins.isEmpty else { return [] }
        return [
            ("Access-Control-Allow-Origin", origins), ("Access-Control-Allow-Methods", "GET"),
            ("Access-Control-Allow-Headers", ModuleFields.allowedHeaders),
        ]
    }

    /// `X-Nginx-PushStream-Mode` turns any location but a WebSocket's into a polling one. Where the field and the location name the two
    /// kinds of polling, the long one wins, as in the module.
    var mode: SubscriberMode {
        switch request.head.text(ModuleFields.mode)?.lowercased() {
        case SubscriberMode.polling.rawValue: settings.mode == .longPolling ? .longPolling : .polling
        case SubscriberMode.longPolling.rawValue: .longPolling
        default: settings.mode
        }
    }

    /// The JSONP callback of polling and long polling. Only characters of JavaScript names and paths to them, so that a link
    /// cannot make the response a script of its own.
    var callback: String? {
        guard let raw = request.head.argument("callback") else { return nil }
        let name = String(decoding: PercentDecoding.decode(Array(raw.utf8)), as: UTF8.self)
        return name.utf8.count <= 256 && name.unicodeScalars.allSatisfy(Self.isCallbackScalar) && !name.isEmpty ? name : nil
    }

    private static func isCallbackScalar(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "$", ".", "[", "]": true
        default: false
        }
    }

    func profileKey(_ mode: SubscriberMode, storesMessages: Bool) -> SubscriberProfile.Key {
        let framing: MessageEncoding.Framing =
            switch settings.mode {
            case .eventSource: .eventSource
            case .webSocket: .webSocket
            default: .plain
            }
        let isStream = mode == .streaming || mode == .eventSource
        return SubscriberProfile.Key(
            mode: mode, framing: framing, template: settings.messageTemplate, headerTemplate: settings.headerTemplate,
            footerTemplate: settings.footerTemplate, pingInterval: isStream || mode == .webSocket ? settings.pingInterval : nil,
            connectionTTL: mode == .longPolling ? settings.longPollingTTL ?? settings.connectionTTL : settings.connectionTTL,
            isChunked: isStream && request.head.minorVersion == 1, padding: isStream ? padding : nil,
            publishes: settings.websocketAllowsPublish, storesMessages: storesMessages, bodyLimit: request.location.maxBodySize)
    }

    private var padding: SubscriberProfile.PaddingSize? {
        if settings.paddings.isEmpty { return nil }
        let agent = settings.userAgent == nil ? request.head.text("user-agent") : request.text(settings.userAgent)
        guard let agent, !agent.isEmpty, let rule = settings.paddings.first(where: { $0.agent.matches(agent) }) else {
            return nil
        }
        let maximum = settings.paddings.map { max($0.headerMinimum, $0.messageMinimum) }.max() ?? 0
        return SubscriberProfile.PaddingSize(
            headerMinimum: rule.headerMinimum, messageMinimum: rule.messageMinimum, maximum: maximum)
    }
}

extension SubscriberProfile {
    /// Ping interval in the loop's ticks.
    var pingTicks: Int? { key.pingInterval.map { max(1, $0 / LoopHub.tickLength) } }

    func expiry(from tick: Int) -> Int {
        key.connectionTTL.map { tick + max(1, $0 / LoopHub.tickLength) } ?? .max
    }
}
