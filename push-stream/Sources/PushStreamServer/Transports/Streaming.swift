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
        request.answersKeepAlive = profile.key.isChunked && keepsAlive(request)
        addHeaders(&response, request)
        let headBytes = write(response, of: request)
        let opening = profile.opening(result.messages)
        append { $0.writeBytes(opening) }
        hub.metrics.countSent(opening.count)
        hub.metrics.countResponse(response.status)
        register(
            channels, result, profile: profile, keepAliveTime: request.answersKeepAlive ? request.location.keepAliveTimeout : 0,
            end: end(of: request, response, hasHead: true, bytes: headBytes + opening.count, headBytes: headBytes))
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
