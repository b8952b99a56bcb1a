import NginxConf
import PushStreamCore

/// Requests that go on at another path without the client's doing.
extension ConnectionHandler {
    /// Of one request; more is a circle.
    private static let redirectLimit = 10

    /// Begins anew with another path: `index`, `try_files`, `error_page`.
    ///
    /// - Parameters:
    ///   - status: what the client gets, whatever the other path answers.
    ///   - isErrorPage: whether the other path is an error's page.
    func redirect(
        _ request: Request, to path: String, query: String?, status: Int? = nil, isErrorPage: Bool = false,
        method: HTTPMethod? = nil
    ) {
        guard request.redirects < Self.redirectLimit else {
            hub.context.log.log(.error, "internal redirection cycle", ["path": path])
            return finish(request.errorPage(500), of: request)
        }
        guard path.hasPrefix("/") else { return finish(request.errorPage(500), of: request) }
        var head = request.head
        head.path = path
        head.query = query
        if let method { head.method = method }
        let variables = request.variables.request.with(head)
        let route = variables.server.settings.route(path: path, request: variables)
        let next = Request(route)
        next.tickets = request.tickets
        request.tickets = []
        next.redirects = request.redirects + 1
        next.errorStatus = status
        next.isErrorPage = request.isErrorPage || isErrorPage
        next.body = request.body
        next.leavesUnread = request.leavesUnread
        if admit(next, unread: false) { handle(next) }
    }

    /// Answers with an error, in the manner that `error_page` wants.
    ///
    /// - Parameter unread: whether a part of the request was left unread.
    func fail(_ status: Int, _ request: Request, unread: Bool = false) {
        if unread { request.leavesUnread = true }
        if let page = request.location.errorPage(status) { return show(page, status, request) }
        request.errorStatus = nil
        finish(request.errorPage(status), of: request)
    }

    func show(_ page: ErrorPageRule, _ status: Int, _ request: Request) {
        // A page for the page of an error would hide the error.
        guard !request.isErrorPage else {
            request.errorStatus = nil
            return finish(request.errorPage(status), of: request)
        }
        let place = page.place.evaluate(request.variables)
        guard place.hasPrefix("/") else {
            var status = 302
            if case .fixed(let other) = page.status, [301, 302, 303, 307, 308].contains(other) { status = other }
            var response = request.errorPage(status)
            response.fields.append(("Location", HTTPResponse.sanitised(place)))
            return finish(response, of: request)
        }
        let parts = place.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let shown: Int? =
            switch page.status {
            case .kept: status
            // Nothing of an ordinary answer is left out then.
            case .fixed(200): nil
            case .fixed(let other): other
            case .answered: nil
            }
        redirect(
            request, to: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : nil, status: shown, isErrorPage: true,
            method: request.head.method == .head ? .head : .get)
    }
}

extension LocationSettings {
    func errorPage(_ status: Int) -> ErrorPageRule? {
        errorPages.isEmpty ? nil : errorPages.first { $0.statuses.contains(status) }
    }
}

extension ConnectionHandler {
    /// Nginx's own code for plain HTTP at an address where clients encrypt; they get to see 400.
    private static let plainAtTLS = 497

    /// Tells a client that it should encrypt.
    func refusePlain(_ request: Request) {
        request.leavesUnread = true
        if let page = request.location.errorPage(Self.plainAtTLS) { return show(page, 400, request) }
        let detail = "The plain HTTP request was sent to HTTPS port"
        finish(ErrorPage.response(400, server: request.serverName, detail: detail), of: request)
    }
}
