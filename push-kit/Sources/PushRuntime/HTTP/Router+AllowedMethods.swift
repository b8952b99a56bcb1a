import HTTPTypes
import Hummingbird

extension Router {
    /// Answers a known path's other methods with 405 and `Allow`, and `OPTIONS` with 204 and `Allow`.
    ///
    /// Hummingbird answers 404 when a path has no handler for the method. Call this after the last route was added.
    /// - Parameter hasAutomaticHead: Whether the router was made with `autoGenerateHeadEndpoints`.
    func answerOtherMethods(hasAutomaticHead: Bool) {
        var methodsByPath: [String: (path: RouterPath, methods: Set<HTTPRequest.Method>)] = [:]
        for route in routes {
            methodsByPath[route.path.description, default: (route.path, [])].methods.insert(route.method)
        }
        for (path, existing) in methodsByPath.values {
            var handled = existing
            if hasAutomaticHead, handled.contains(.get) { handled.insert(.head) }
            let allow = handled.union([.options]).map(\.rawValue).sorted().joined(separator: ", ")
            for method in HTTPRequest.Method.parsed where !handled.contains(method) {
                let isOptions = method == .options
                on(path, method: method) { _, _ -> Response in
                    if isOptions { return Response(status: .noContent, headers: [.allow: allow]) }
                    throw APIError(.methodNotAllowed, headers: [.allow: allow])
                }
            }
        }
    }
}

extension HTTPRequest.Method {
    /// All methods that SwiftNIO's HTTP/1 parser lets through (its `HTTPMethod` without the raw ones).
    static let parsed: [HTTPRequest.Method] =
        [.get, .head, .post, .put, .delete, .connect, .options, .trace, .patch]
        + [
            "ACL", "COPY", "LOCK", "MOVE", "BIND", "LINK", "MKCOL", "MERGE", "PURGE", "NOTIFY", "SEARCH", "UNLOCK", "REBIND",
            "UNBIND", "REPORT", "UNLINK", "M-SEARCH", "MSEARCH", "PROPFIND", "CHECKOUT", "PROPPATCH", "SUBSCRIBE", "MKCALENDAR",
            "MKACTIVITY", "UNSUBSCRIBE", "SOURCE", "PRI", "QUERY", "DESCRIBE", "ANNOUNCE", "SETUP", "PLAY", "PAUSE", "TEARDOWN",
            "GET_PARAMETER", "SET_PARAMETER", "REDIRECT", "RECORD", "FLUSH",
        ].compactMap { HTTPRequest.Method($0) }
}
