import NIOCore
import NginxConf
import PushStreamCore

extension ConnectionHandler {
    /// Counts a response that has ended and writes the access log's lines.
    ///
    /// - Parameters:
    ///   - bytes: sent of head and body.
    ///   - headBytes: of the head alone.
    func record(_ response: HTTPResponse, of request: Request, bytes: Int, headBytes: Int, isComplete: Bool = true) {
        hub.metrics.countResponse(response.status)
        log(response, of: request, bytes: bytes, headBytes: headBytes, isComplete: isComplete)
        // Not only with the request, which somebody may still hold when the next one of the connection begins.
        request.tickets = []
    }

    func log(_ response: HTTPResponse, of request: Request, bytes: Int, headBytes: Int, isComplete: Bool) {
        let rules = request.location.accessLogs
        if rules.isEmpty { return }
        let variables = request.variables.request
        let outcome = RequestOutcome(
            started: variables.started, ended: hub.updateTime(), status: response.status, bytes: bytes, headBytes: headBytes,
            isComplete: isComplete, isKeepAlive: request.answersKeepAlive, response: response)
        let answered = AnsweredRequest(base: request.variables, outcome: outcome)
        for rule in rules {
            if let condition = rule.condition {
                let value = condition.evaluate(answered)
                if value.isEmpty || value == "0" { continue }
            }
            variables.server.logs[rule].append(rule.format.line(answered), now: hub.now)
        }
    }

    /// A line for a request that was refused, or ended, before it had a location: in the default server's log, with what was read of it.
    func logUnrouted(
        _ response: HTTPResponse, _ reading: PendingHead, bytes: Int = 0, headBytes: Int = 0, isComplete: Bool = false
    ) {
        let server = reading.listener.defaultServer
        guard !server.settings.fallback.settings.accessLogs.isEmpty else { return }
        let variables = RequestVariables(
            head: reading.reader.partialHead ?? .unread, connection: connectionAddresses(), server: server,
            hostname: hub.context.hostname, now: hub.updateTime(), requestsOfConnection: requests + 1, identity: identity,
            started: reading.started ?? hub.now, tls: tls?.session)
        let request = Request(Route(location: server.settings.fallback, variables: VariableScope(request: variables)))
        log(response, of: request, bytes: bytes, headBytes: headBytes, isComplete: isComplete)
    }

    /// The client is gone, or its time is over, before the request had its answer.
    func abandon(_ status: Int) {
        switch state {
        case .readingBody(let pending):
            log(HTTPResponse(status), of: pending.request, bytes: 0, headBytes: 0, isComplete: false)
        case .sendingFile(let transfer):
            let response = transfer.response ?? HTTPResponse(499)
            record(response, of: transfer.request, bytes: transfer.sent, headBytes: transfer.headBytes, isComplete: false)
        default: break
        }
    }

    /// What is due at the end of a subscriber whose response begins with this head; nil if nothing is.
    ///
    /// - Parameters:
    ///   - hasHead: false for a long poll, whose head comes with its end.
    ///   - bytes: sent so far.
    func end(of request: Request, _ response: HTTPResponse, hasHead: Bool, bytes: Int, headBytes: Int) -> SubscriberEnd? {
        let rules = request.location.accessLogs
        if rules.isEmpty, request.tickets.isEmpty { return nil }
        let variables = request.variables.request
        var outcome = RequestOutcome(
            started: variables.started, ended: hub.now, status: hasHead ? response.status : 499, bytes: bytes,
            headBytes: headBytes, isComplete: false, isKeepAlive: request.answersKeepAlive, response: response)
        let answered = AnsweredRequest(base: request.variables, outcome: outcome)
        let lines = rules.map { SubscriberEnd.Line($0, variables.server.logs[$0], answered, hasHead: hasHead) }
        // The fields are in the lines by now.
        outcome.response = nil
        return SubscriberEnd(lines: lines, tickets: request.tickets, outcome: outcome)
    }
}
