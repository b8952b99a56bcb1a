import NginxConf

/// `return`.
enum RespondHandler {
    static func respond(to request: Request, status: Int, text: ComplexValue?) -> HTTPResponse {
        let text = text?.evaluate(request.variables)
        if [301, 302, 303, 307, 308].contains(status), let text {
            var response = request.errorPage(status)
            response.location = HTTPResponse.sanitised(text)
            return response
        }
        if let text { return HTTPResponse(status, contentType: request.location.defaultType, text: text) }
        return status < 300 ? HTTPResponse(status) : request.errorPage(status)
    }
}
