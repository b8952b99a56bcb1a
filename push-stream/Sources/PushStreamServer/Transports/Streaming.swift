import NIOCore
import PushStreamCore

/// HTTP streaming: one response without end, each message as it comes.
extension ConnectionHandler {
    func stream(
        _ subscriberRequest: SubscriberRequest, _ channels: [RequestedChannel], _ fields: [(name: String, value: String)],
        contentType: String
    ) throws(StoreError) {
        let request = subscriberRequest.request
        let storeRequest = subscriberRequest.storeRequest(channels)
        let (index, now) = (hub.index, hub.now)
        let result = try hub.context.store.withTable { table throws(StoreError) in
            try table.subscribe(storeRequest, rule: .always, loop: index, now: now)
        }
        let profile = hub.profile(
            subscriberRequest.profileKey(subscriberRequest.mode, storesMessages: subscriberRequest.settings.storesMessages))
        var response = HTTPResponse.stream(contentType)
        response.fields = fields
        addHeaders(&response, request)
        append {
            response.render(
                into: &$0, server: request.serverName, date: hub.httpDate, minorVersion: request.head.minorVersion,
                isKeepAlive: profile.key.isChunked && keepsAlive(request))
            $0.writeBytes(profile.opening(result.messages))
        }
        record(response, of: request)
        let keepAliveTime = profile.key.isChunked && keepsAlive(request) ? request.location.keepAliveTimeout : 0
        register(channels, result, profile: profile, keepAliveTime: keepAliveTime)
    }
}

extension Subscriber {
    /// Footer and last chunk; then the connection serves the next request, if it may.
    func endStream(_ reason: DisconnectReason, message: Message?) {
        finish(reason, keepAliveTime: Int(keepAliveTime)) { buffer in
            if let message { buffer.writeBytes(profile.encode(message)) }
            buffer.writeBytes(SubscriberProfile.chunk(profile.footer, profile.key.isChunked))
            if profile.key.isChunked { buffer.writeBytes(ChunkedCoding.lastChunk) }
        }
    }
}
