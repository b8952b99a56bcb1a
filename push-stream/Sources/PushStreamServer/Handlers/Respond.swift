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
        return origin(host, port: connection.localPort, isEncrypted: request.variables.request.tls != nil) + place
    }

    /// Scheme, host and port of this server; the port is left out where it is the usual one.
    static func origin(_ host: String, port: Int?, isEncrypted: Bool) -> String {
        let (scheme, usual) = isEncrypted ? ("https", 443) : ("http", 80)
        return "\(scheme)://\(host)" + (port.map { $0 == usual ? "" : ":\($0)" } ?? "")
    }
}
