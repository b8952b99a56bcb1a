import HTTPTypes
import Hummingbird

/// HTTP Basic authentication (RFC 7617) for one user, in constant time.
///
/// A missing, malformed or wrong header is 401.
public struct BasicAuthenticationMiddleware<Context: RequestContext>: RouterMiddleware {
    private let user: BasicUser
    private let challenge: String

    /// - Parameter realm: Shown by browsers; quotes and backslashes are removed.
    public init(user: String, password: String, realm: String) {
        self.user = BasicUser(user: user, password: password)
        challenge = "Basic realm=\"\(realm.filter { $0 != "\"" && $0 != "\\" })\", charset=\"UTF-8\""
    }

    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard isAuthorized(request.headers[values: .authorization]) else {
            throw APIError(
                .unauthorized, message: "Sign in with the user name and the password of this service (HTTP Basic authentication)",
                headers: [.wwwAuthenticate: challenge])
        }
        return try await next(request, context)
    }

    func isAuthorized(_ headers: [String]) -> Bool {
        guard headers.count == 1, let credentials = BasicCredentials(header: headers[0]) else { return false }
        return user.matches(credentials)
    }
}
