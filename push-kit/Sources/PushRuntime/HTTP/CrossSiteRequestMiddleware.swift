import HTTPTypes
import Hummingbird

/// Refuses requests that a page of another site makes a browser send.
///
/// A browser that has signed in adds its credentials to every request for this host, whichever page asks. Browsers say so in
/// `Sec-Fetch-Site` (W3C Fetch Metadata); other clients do not send that field and are not concerned.
public struct CrossSiteRequestMiddleware<Context: RequestContext>: RouterMiddleware {
    public init() {}

    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        if request.method != .get, request.method != .head, let site = request.headers[.secFetchSite], site != "same-origin",
            site != "none"
        {
            throw APIError(.forbidden, message: "pages of other sites cannot change anything here: call the API from a server")
        }
        return try await next(request, context)
    }
}

extension HTTPField.Name {
    static let secFetchSite = Self("Sec-Fetch-Site")!
}
