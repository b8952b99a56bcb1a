import NIOCore
import PushStreamCore

/// Polling: what is new since the given time and tag, or 304.
extension ConnectionHandler {
    func poll(
        _ subscriberRequest: SubscriberRequest, _ channels: [RequestedChannel], _ fields: [(name: String, value: String)]
    ) throws(StoreError) {
        let storeRequest = subscriberRequest.storeRequest(channels)
        let (index, now) = (hub.index, hub.now)
        let result = try hub.context.store.withTable { table throws(StoreError) in
            try table.subscribe(storeRequest, rule: .never, loop: index, now: now)
        }
        answerPoll(subscriberRequest, result, fields)
    }

    /// Answers with stored messages, or with 304 if there are none.
    func answerPoll(_ subscriberRequest: SubscriberRequest, _ result: SubscribeResult, _ fields: [(name: String, value: String)])
    {
        let request = subscriberRequest.request
        let callback = subscriberRequest.callback
        var response = HTTPResponse(
            result.messages.isEmpty ? 304 : 200,
            contentType: callback == nil ? request.contentType : PollingBody.scriptType)
        response.fields = fields
        PollingBody.date(&response, time: result.newestTime, tag: result.newestTag)
        if result.messages.isEmpty { return finish(response, of: request) }
        let profile = hub.profile(subscriberRequest.profileKey(.polling, storesMessages: false))
        response.body = .stream
        request.answersKeepAlive = request.head.minorVersion == 1 && keepsAlive(request)
        addHeaders(&response, request)
        let headBytes = write(response, of: request)
        var bodyBytes = 0
        append {
            let before = $0.readableBytes
            PollingBody.write(
                result.messages, profile: profile, callback: callback, isChunked: request.head.minorVersion == 1, into: &$0)
            bodyBytes = $0.readableBytes - before
        }
        hub.metrics.countSent(bodyBytes)
        record(response, of: request, bytes: headBytes + bodyBytes, headBytes: headBytes)
        if request.answersKeepAlive {
            nextRequest(keepAliveTime: request.location.keepAliveTimeout)
        } else {
            endConnection(lingers: false)
        }
    }
}

/// The body of polling answers.
enum PollingBody {
    static let scriptType = "application/javascript"

    /// `Last-Modified` and `Etag`, which the client gives back to continue after this answer.
    static func date(_ response: inout HTTPResponse, time: Int, tag: Int?) {
        if time > 0 { response.lastModified = time }
        if let tag { response.fields.append(("Etag", "W/\(tag)")) }
    }

    static func write(
        _ messages: [Message], profile: SubscriberProfile, callback: String?, isChunked: Bool, into buffer: inout ByteBuffer
    ) {
        var body = profile.header
        if let callback { body += "\(callback)([".utf8 }
        for (index, message) in messages.enumerated() {
            if callback != nil, index > 0 { body.append(UInt8(ascii: ",")) }
            body += profile.encoding.encodeBody(message)
        }
        if callback != nil { body += "]);".utf8 }
        body += profile.footer
        buffer.writeBytes(SubscriberProfile.chunk(body, isChunked))
        if isChunked { buffer.writeBytes(ChunkedCoding.lastChunk) }
    }
}
