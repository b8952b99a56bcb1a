import NIOCore
import PushStreamCore
import Synchronization

extension ConnectionHandler {
    /// A request for any transport but WebSocket.
    func subscribe(_ request: Request, _ settings: SubscriberSettings) {
        let subscriberRequest = SubscriberRequest(request: request, settings: settings)
        let cors = subscriberRequest.corsFields
        if request.head.method == .options {
            var response = HTTPResponse(200)
            response.fields = cors
            return finish(response, of: request)
        }
        let fields = cors + ModuleFields.noCache
        guard request.head.method == .get else {
            var response = HTTPResponse(405)
            response.fields = fields + [("Allow", "GET")]
            return finish(response, of: request)
        }
        do throws(StoreError) {
            let channels = try subscriberRequest.channels()
            switch subscriberRequest.mode {
            case .polling: try poll(subscriberRequest, channels, fields)
            case .longPolling: try longPoll(subscriberRequest, channels, fields)
            case .streaming: try stream(subscriberRequest, channels, fields, contentType: request.location.defaultType)
            case .eventSource: try openEventSource(subscriberRequest, channels, fields)
            case .webSocket: finish(request.errorPage(500), of: request)
            }
        } catch {
            if error == .outOfMemory {
                hub.context.log.log(
                    .error, "push stream: the store is full", ["limit": String(hub.context.store.settings.memoryLimit)])
            }
            var response = HTTPResponse.refusal(error)
            response.fields.insert(contentsOf: fields, at: 0)
            finish(response, of: request)
        }
    }

    /// Enters a subscriber in the store and in this loop.
    func register(
        _ channels: [RequestedChannel], _ result: SubscribeResult, profile: SubscriberProfile, longPoll: LongPoll? = nil
    ) {
        let subscriber = Subscriber(
            connection: self, profile: profile, sequence: result.sequence, needsOrder: channels.count > 1 || longPoll != nil,
            now: hub.tick, expiry: profile.expiry(from: hub.tick), longPoll: longPoll)
        hub.enter(subscriber, channels: Array(zip(result.registered, channels.map(\.name))))
        become(subscriber)
    }

    /// A timer of a subscriber has fired: its time is over, or a ping is due.
    func subscriberTimerFired(_ subscriber: Subscriber) {
        if isDraining { return end(subscriber, reason: .shutdown) }
        if hub.tick >= subscriber.expiry { return end(subscriber, reason: .expired) }
        if subscriber.longPoll == nil, let interval = subscriber.profile.pingTicks, hub.tick >= subscriber.lastActivity + interval
        {
            subscriber.lastActivity = hub.tick
            hub.metrics.pings.wrappingAdd(1, ordering: .relaxed)
            guard sendToSubscriber(subscriber.profile.ping) else { return disconnectSubscriber(.slow) }
            flush()
        }
        scheduleSubscriber(subscriber)
    }

    /// Ends a subscriber in its transport's manner.
    func end(_ subscriber: Subscriber, reason: DisconnectReason) {
        switch subscriber.profile.key.mode {
        case .longPolling, .polling: endLongPoll(subscriber, reason: reason)
        case .streaming, .eventSource: endStream(subscriber, reason: reason, message: nil)
        case .webSocket: endWebSocket(subscriber, reason: reason, message: nil)
        }
    }

    /// A channel of the subscriber is gone. The connection ends with its last one.
    func channelDeleted(_ subscriber: Subscriber, message: Message) {
        if subscriber.longPoll != nil { return answerLongPoll(subscriber, with: message, reason: .channelDeleted) }
        if subscriber.subscriptions.count > 1 {
            if !sendToSubscriber(ByteBuffer(bytes: subscriber.profile.encode(message))) { disconnectSubscriber(.slow) }
            return
        }
        switch subscriber.profile.key.mode {
        case .webSocket: endWebSocket(subscriber, reason: .channelDeleted, message: message)
        default: endStream(subscriber, reason: .channelDeleted, message: message)
        }
    }
}
