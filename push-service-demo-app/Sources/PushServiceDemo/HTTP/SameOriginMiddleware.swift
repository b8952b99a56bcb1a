import Foundation
import HTTPTypes
import Hummingbird
import PushRuntime

/// Refuses changes that a page of another site makes a browser send.
///
/// `Sec-Fetch-Site` says it where there is TLS or localhost; elsewhere `Origin` does, which browsers send with every form. Other clients send
/// neither.
struct SameOriginMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        if request.method != .get, request.method != .head, request.method != .options, !Self.isAllowed(request) {
            throw APIError(
                .forbidden,
                message: "The page of another site sent this, and nothing was changed. Open this app itself, and do it there.")
        }
        return try await next(request, context)
    }

    private static func isAllowed(_ request: Request) -> Bool {
        if let site = request.headers[.secFetchSite] { return site == "same-origin" || site == "none" }
        guard let origin = request.headers[.origin] else { return true }
        // The scheme is not compared: TLS may end before this app.
        guard let start = origin.range(of: "://")?.upperBound, let host = request.head.authority else { return false }
        return origin[start...].lowercased() == host.lowercased()
    }
}

extension HTTPField.Name {
    static let secFetchSite = Self("Sec-Fetch-Site")!
}
