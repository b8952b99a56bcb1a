import NginxConf
import PushStreamCore

/// `return`.
enum RespondHandler {
    static func respond(to request: Request, status: Int, text: ComplexValue?) -> HTTPResponse {
        let outcome = RequestOutcome(
            started: request.variables.request.started, ended: request.variables.request.now,
            status: request.errorStatus ?? status)
        let text = text?.evaluate(AnsweredRequest(base: request.variables, outcome: outcome))
        if [301, 302, 303, 307, 308].contains(status), let text {
            var response = request.errorPage(status)
            response.location = HTTPResponse.sanitised(absolute(text, request))
            return response
        }
        if let text { return HTTPResponse(status, contentType: request.contentType, text: text) }
        let hasPage = status >= 300 && HTTPStatus.title(status) != nil
        return status < 400 && !hasPage ? HTTPResponse(status, contentType: request.contentType) : request.errorPage(status)
    }

    /// A path becomes a whole address with the host that the client asked for, as Nginx makes it.
    static func absolute(_ place: String, _ request: Request) -> String {
        guard place.hasPrefix("/") else { return place }
        let connection = request.variables.request.connection
        let name = request.head.host.isEmpty ? request.variables.request.server.settings.names.first : request.head.host
        let host = name.flatMap { $0.isEmpty ? nil : $0 } ?? connection.localHost ?? "localhost"
        let port = connection.localPort.map { $0 == 80 ? "" : ":\($0)" } ?? ""
        return "http://\(host)\(port)\(place)"
    }
}
