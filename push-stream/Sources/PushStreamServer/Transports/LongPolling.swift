import NIOCore
import PushStreamCore

/// Long polling: as polling, but waits for a message if there is none.
extension ConnectionHandler {
    func longPoll(
        _ subscriberRequest: SubscriberRequest, _ channels: [RequestedChannel], _ fields: [(name: String, value: String)]
    ) throws(StoreError) {
        let request = subscriberRequest.request
        let storeRequest = subscriberRequest.storeRequest(channels)
        let (index, now) = (hub.index, hub.now)
        let result = try hub.context.store.withTable { table throws(StoreError) in
            try table.subscribe(storeRequest, rule: .whenNothingIsStored, loop: index, now: now)
        }
        if result.registered.isEmpty { return answerPoll(subscriberRequest, result, fields) }
        let callback = subscriberRequest.callback
        let type = subscriberRequest.settings.mode == .eventSource ? Self.eventStreamType : request.contentType
        var response = HTTPResponse(200, contentType: callback == nil ? type : PollingBody.scriptType)
        response.fields = fields
        request.answersKeepAlive = keepsAlive(request)
        addHeaders(&response, request)
        let keepAliveTime = request.answersKeepAlive ? request.location.keepAliveTimeout : 0
        hub.metrics.countResponse(response.status)
        let waiting = LongPoll(
            response: response, callback: callback, minorVersion: request.head.minorVersion, server: request.serverName,
            timesOutWithBody: hub.storeSettings.timeoutWithBody)
        let profile = hub.profile(subscriberRequest.profileKey(.longPolling, storesMessages: false))
        register(
            channels, result, profile: profile, keepAliveTime: keepAliveTime, longPoll: waiting,
            end: end(of: request, response, hasHead: false, bytes: 0, headBytes: 0))
    }
}

extension Subscriber {

    /// The message that a long poll waited for.
    func answer(with message: Message, reason: DisconnectReason = .answered) {
        // A deleted channel and a timeout have no time of their own.
        let isServerMessage = message.id < 0
        respond(
            reason, time: isServerMessage ? hub.now / 1000 : message.time, tag: isServerMessage ? 0 : message.tag,
            message: message)
    }

    /// The time of a long poll is over.
    func endLongPoll(_ reason: DisconnectReason) {
        var message: Message?
        if longPoll?.timesOutWithBody == true {
            message = Message(id: Message.ServerID.longPollingTimeout, text: Array("Timed out".utf8))
        }
        respond(reason, time: hub.now / 1000, tag: 0, message: message)
    }

    private func respond(_ reason: DisconnectReason, time: Int, tag: Int, message: Message?) {
        guard let waiting = longPoll else { return }
        var response = waiting.response
        response.status = message == nil ? 304 : 200
        response.body = message == nil ? .bytes([]) : .stream
        PollingBody.date(&response, time: time, tag: tag)
        let isChunked = waiting.minorVersion == 1
        let isKeepAlive = keepAliveTime > 0 && (isChunked || message == nil) && !hub.isDraining && link.isListening
        let date = hub.httpDate
        finish(reason, keepAliveTime: isKeepAlive ? Int(keepAliveTime) : 0) { buffer in
            response.render(
                into: &buffer, server: waiting.server, date: date, minorVersion: waiting.minorVersion, isKeepAlive: isKeepAlive)
            end?.outcome.answer(response, headBytes: buffer.readableBytes, isKeepAlive: isKeepAlive)
            if let message {
                PollingBody.write(
                    [message], profile: profile, callback: waiting.callback, isChunked: isChunked, into: &buffer)
            }
        }
    }
}
