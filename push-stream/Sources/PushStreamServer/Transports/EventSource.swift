import PushStreamCore

/// Server-sent events: a stream whose messages are events with an id, a type and data lines.
extension ConnectionHandler {
    static let eventStreamType = "text/event-stream; charset=utf-8"

    func openEventSource(
        _ request: SubscriberRequest, _ channels: [RequestedChannel], _ fields: [(name: String, value: String)]
    ) throws(StoreError) {
        try stream(request, channels, fields, contentType: Self.eventStreamType)
    }
}
