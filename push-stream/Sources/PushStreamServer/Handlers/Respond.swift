import NginxConf
import PushStreamCore

/// `return`.
enum RespondHandler {
    static func respond(to request: Request, status: Int, text: ComplexValue?) -> HTTPResponse {
        let text = text?.evaluate(request.variables)
        if [301, 302, 303, 307, 308].contains(status), let text {
            var response = request.errorPage(status)
            response.location = HTTPResponse.sanitised(absolute(text, request))
            return response
        }
        if let text { return HTTPResponse(status, contentType: request.contentType, text: text) }
        return status < 300 ? HTTPResponse(status, contentType: request.contentType) : request.errorPage(status)
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
