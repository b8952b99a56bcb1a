import NIOCore
import PushStreamCore

/// WebSocket (RFC 6455, versions 8 and 13): each message a text frame.
extension ConnectionHandler {
    func openWebSocket(_ request: Request, _ settings: SubscriberSettings) {
        let head = request.head
        func refuse(_ status: Int, _ fields: [(name: String, value: String)]) {
            var response = HTTPResponse(status)
            response.fields = fields
            response.closes = true
            finish(response, of: request)
        }
        guard head.method == .get else { return refuse(405, [("Allow", "GET")]) }
        guard head.bytes("upgrade") != nil, head.bytes("connection") != nil, let key = head.bytes("sec-websocket-key"),
            let version = head.text("sec-websocket-version")
        else {
            let text =
                "Don't have at least one of the mandatory headers: Connection, Upgrade, Sec-WebSocket-Key and Sec-WebSocket-Version"
            return refuse(400, ModuleFields.noCache + [(ModuleFields.explain, text)])
        }
        guard version == "8" || version == "13" else {
            return refuse(
                400,
                ModuleFields.noCache + [
                    ("Sec-WebSocket-Version", "8, 13"),
                    (ModuleFields.explain, "Version not supported. Supported versions: 8, 13"),
                ])
        }
        let subscriberRequest = SubscriberRequest(request: request, settings: settings)
        let channels: [RequestedChannel]
        do throws(StoreError) {
            channels = try subscriberRequest.channels()
        } catch {
            return refuse(error.status, ModuleFields.noCache + [(ModuleFields.explain, error.explanation)])
        }
        acceptWebSocket(subscriberRequest, channels, key: key)
    }

    private func acceptWebSocket(_ subscriberRequest: SubscriberRequest, _ channels: [RequestedChannel], key: [UInt8]) {
        let request = subscriberRequest.request
        var headBytes = 0
        append { buffer in
            let before = buffer.readableBytes
            buffer.writeString("HTTP/1.1 101 Switching Protocols\r\n")
            for field in ModuleFields.noCache { buffer.writeString("\(field.name): \(field.value)\r\n") }
            buffer.writeString("Upgrade: WebSocket\r\nConnection: Upgrade\r\n")
            buffer.writeString("Sec-WebSocket-Accept: \(WebSocketHandshake.accept(key: key))\r\n\r\n")
            headBytes = buffer.readableBytes - before
        }
        var response = HTTPResponse(101)
        response.fields = ModuleFields.noCache + [("Upgrade", "WebSocket")]
        hub.metrics.countResponse(101)
        let storeRequest = subscriberRequest.storeRequest(channels)
        let (index, now) = (hub.index, hub.now)
        let result: SubscribeResult
        do throws(StoreError) {
            result = try hub.context.store.withTable { table throws(StoreError) in
                try table.subscribe(storeRequest, rule: .always, loop: index, now: now)
            }
        } catch {
            // The handshake is done by then, so the refusal is a close frame, as in the module.
            let refusal = WebSocketFrame.refusal(status: error.status, explanation: error.explanation)
            append { $0.writeBytes(refusal) }
            log(response, of: request, bytes: headBytes + refusal.count, headBytes: headBytes, isComplete: true)
            return endConnection(lingers: true)
        }
        let profile = hub.profile(
            subscriberRequest.profileKey(.webSocket, storesMessages: subscriberRequest.settings.storesMessages))
        let opening = profile.opening(result.messages)
        append { $0.writeBytes(opening) }
        hub.metrics.countSent(opening.count)
        register(
            channels, result, profile: profile,
            end: end(of: request, response, hasHead: true, bytes: headBytes + opening.count, headBytes: headBytes))
    }
}

extension Subscriber {
    /// Bytes of a client's text message at most, where nobody may publish.
    private static let idleMessageLimit = 64 * 1024

    func endWebSocket(_ reason: DisconnectReason, message: Message?) {
        finish(reason, keepAliveTime: 0) { buffer in
            if let message { buffer.writeBytes(profile.encode(message)) }
            buffer.writeBytes(profile.footer)
            buffer.writeBytes(WebSocketFrame.plainClose)
        }
    }

    /// Handles what the client sends.
    func receiveFrames(_ bytes: UnsafeRawBufferPointer) {
        let key = profile.key
        let limit = key.publishes ? (key.bodyLimit == 0 ? Int.max : key.bodyLimit) : Self.idleMessageLimit
        let incoming = incoming ?? IncomingWebSocket(WebSocketReader(messageLimit: limit, keepsText: key.publishes))
        self.incoming = incoming
        hub.updateTime()
        for event in incoming.reader.read(bytes) {
            guard isActive else { return }
            handle(event)
        }
        if incoming.reader.isIdle { self.incoming = nil }
    }

    private func handle(_ event: WebSocketReader.Event) {
        switch event {
        case .text(let text): if profile.key.publishes, !text.isEmpty { publish(text) }
        case .ping(let payload): sendNow(ByteBuffer(bytes: WebSocketFrame.encode(.pong, payload: payload)))
        case .pong: break
        case .close: finish(.clientClosed, keepAliveTime: 0) { $0.writeBytes(WebSocketFrame.plainClose) }
        case .failure(let code): fail(code)
        }
    }

    /// A frame that may not be sent is answered by a close without a code, as the module does; a text that is not UTF-8, too long or
    /// not stored, by one that says so.
    private func fail(_ code: UInt16) {
        let isFraming = code == 1002 || code == 1003
        finish(.protocolError, keepAliveTime: 0) {
            $0.writeBytes(isFraming ? WebSocketFrame.plainClose : WebSocketFrame.close(code: code))
        }
    }

    /// `push_stream_websocket_allow_publish`: a client's text goes to its channels, but never to the events channel.
    private func publish(_ text: [UInt8]) {
        let events = hub.storeSettings.eventsChannelID
        let names = subscriptions.map(\.list.name).filter { $0.description != events }
        let (stores, now) = (profile.key.storesMessages, hub.now)
        do throws(StoreError) {
            _ = try hub.context.store.withTable { table throws(StoreError) in
                try table.publish(MessageDraft(text: text), to: names, stores: stores, now: now)
            }
        } catch {
            if error.isOutOfMemory { hub.context.logStoreFull(names, now: now) }
            fail(1011)
        }
    }
}
