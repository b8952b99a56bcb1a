import PushStreamCore

extension ConnectionHandler {
    /// Gives a complete request to its location's handler.
    func handle(_ request: Request) {
        if request.location.isInternal, request.redirects == 0 { return fail(404, request) }
        guard request.isAllowed else {
            log(.error, "access forbidden by rule", request)
            return fail(403, request)
        }
        switch request.location.handler {
        case .none:
            guard let files = request.location.files else { return fail(404, request) }
            serveFile(request, files)
        case .publisher(let settings):
            finish(PublisherHandler(context: hub.context, now: hub.now).respond(to: request, settings), of: request)
        case .statistics(let channelsPath):
            finish(StatisticsHandler(context: hub.context, now: hub.now).respond(to: request, channelsPath), of: request)
        case .respond(let status, let text):
            // Nginx's codes for "close without an answer".
            if [408, 444, 499].contains(status) {
                log(HTTPResponse(status), of: request, bytes: 0, headBytes: 0, isComplete: false)
                // Logged, so nothing of it is left to be given up.
                state = .closed
                return close()
            }
            finish(RespondHandler.respond(to: request, status: status, text: text), of: request)
        case .metrics: finish(MetricsHandler(context: hub.context, now: hub.now).metrics(request), of: request)
        case .readiness: finish(MetricsHandler(context: hub.context, now: hub.now).readiness(request), of: request)
        case .subscriber(let settings):
            if settings.mode == .webSocket { openWebSocket(request, settings) } else { subscribe(request, settings) }
        }
    }
}
