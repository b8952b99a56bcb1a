import NIOCore
import NginxConf
import PushStreamCore

/// What the error log tells about clients, in nginx's words and levels. Nothing here is written for a message that is delivered.
extension ConnectionHandler {
    private func isLogged(_ level: ErrorLogLevel) -> Bool { level >= hub.context.log.level }

    /// Something about a connection that has no request yet.
    func log(_ level: ErrorLogLevel, _ message: String) {
        guard isLogged(level) else { return }
        hub.context.log.log(level, message, connectionAddresses())
    }

    /// Something about a request.
    func log(_ level: ErrorLogLevel, _ message: String, _ request: Request) {
        guard isLogged(level) else { return }
        let head = request.head
        hub.context.log.log(
            level, message,
            [
                "client": connectionAddresses().remoteHost, "server": request.variables.request.server.settings.names.first ?? "",
                "request": "\"\(head.method.name) \(head.target) HTTP/1.\(head.minorVersion)\"", "host": "\"\(head.host)\"",
            ])
    }

    /// The client has not sent what was awaited in time.
    func logTimeout() {
        let reason = "client timed out (110: Connection timed out)"
        switch state {
        case .readingHead where unsentBytes > 0, .readingBody where unsentBytes > 0, .lingering where unsentBytes > 0:
            log(.info, "\(reason) while sending response to client")
        case .readingHead(let head) where head.reader.hasStarted: log(.info, "\(reason) while reading client request headers")
        case .readingHead where requests == 0: log(.info, "\(reason) while waiting for request")
        case .readingBody(let pending): log(.info, "\(reason) while reading client request body", pending.request)
        case .sendingFile: log(.info, "\(reason) while sending response to client")
        case .readingHead, .lingering, .subscribed, .handedOver, .closed: break
        }
    }
}

extension ErrorLog {
    /// Something about a connection.
    func log(_ level: ErrorLogLevel, _ message: String, _ addresses: ConnectionAddresses) {
        guard level >= self.level else { return }
        log(level, message, ["client": addresses.remoteHost, "server": addresses.server])
    }
}

extension EngineContext {
    /// A publish or a subscription did not fit into `push_stream_shared_memory_size`.
    func logStoreFull(_ channels: [ChannelName], now: Int) {
        guard let suppressed = throttle.admit(.storeFull, now: now) else { return }
        log.log(
            .crit, "push stream module: the store is full",
            [
                "channel": channels.map { "\"\($0)\"" }.joined(separator: " "), "limit": String(store.settings.memoryLimit),
                "suppressed": String(suppressed),
            ])
    }
}

extension LoopHub {
    /// The loop holds all the connections that it may.
    func logConnectionsNotEnough(_ client: SocketAddress?) {
        guard let suppressed = context.throttle.admit(.connectionsNotEnough, now: now) else { return }
        context.log.log(
            .alert, "\(limits.connections) worker_connections are not enough",
            ["client": client?.ipAddress ?? "unix:", "suppressed": String(suppressed)])
    }

    /// What an operator wants to know of a subscriber that was sent away.
    func logDisconnect(_ subscriber: Subscriber, _ reason: DisconnectReason) {
        let mode = subscriber.profile.key.mode.rawValue
        switch reason {
        case .slow:
            guard let suppressed = context.throttle.admit(.slowSubscriber, now: now) else { return }
            let channels = subscriber.subscriptions.map { "\"\($0.list.name)\"" }.joined(separator: " ")
            context.log.log(
                .warn, "subscriber does not read and is closed",
                [
                    "client": subscriber.link.clientAddress, "waiting bytes": String(subscriber.link.unsentBytes), "mode": mode,
                    "channel": channels, "suppressed": String(suppressed),
                ])
        case .protocolError:
            context.log.log(.info, "a subscriber that breaks the protocol is disconnected", ["mode": mode])
        case .clientClosed, .expired, .answered, .channelDeleted, .shutdown: break
        }
    }
}
