import Crypto
import Foundation
import HTTPTypes
import Hummingbird

/// HTTP Basic authentication (RFC 7617) for one user, in constant time.
///
/// SHA-256 digests are compared, so that neither the length nor a common start of a guess shows in the time; user
/// and password are always both evaluated. A missing, malformed or wrong header is 401.
public struct BasicAuthenticationMiddleware<Context: RequestContext>: RouterMiddleware {
    private let user: SHA256Digest
    private let password: SHA256Digest
    private let challenge: String

    /// - Parameter realm: Shown by browsers; quotes and backslashes are removed.
    public init(user: String, password: String, realm: String) {
        self.user = SHA256.hash(data: Data(user.utf8))
        self.password = SHA256.hash(data: Data(password.utf8))
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
        guard headers.count == 1, let (user, password) = Self.credentials(headers[0]) else { return false }
        // `==` of two digests takes the same time wherever they differ.
        let userMatches = SHA256.hash(data: user) == self.user
        let passwordMatches = SHA256.hash(data: password) == self.password
        // No short circuit: the time must not tell which of the two was wrong.
        return [userMatches, passwordMatches].reduce(into: true) { $0 = $1 ? $0 : false }
    }

    static func credentials(_ header: String) -> (user: Data, password: Data)? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic",
            let decoded = Data(base64Encoded: parts[1].trimmingCharacters(in: .whitespaces)),
            let colon = decoded.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        return (Data(decoded[..<colon]), Data(decoded[decoded.index(after: colon)...]))
    }
}
