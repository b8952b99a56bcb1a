import HTTPTypes
import Hummingbird
import Logging
import Metrics
import PushRuntime

/// HTTP Basic authentication (RFC 7617) for the one user that tsuru and administrators are.
///
/// Missing, malformed and wrong credentials are 401; an address that has failed too often waits (429).
struct SignInMiddleware: RouterMiddleware {
    private let user: BasicUser
    private let throttle = SignInThrottle()
    private let proxies: TrustedProxies
    private let failures: Counter

    private static let challenge = #"Basic realm="pushaas", charset="UTF-8""#

    init(user: String, password: String, proxies: TrustedProxies, registry: PrometheusRegistry) {
        self.user = BasicUser(user: user, password: password)
        self.proxies = proxies
        registry.describe("pushaas_sign_in_failures_total", help: "Requests with wrong credentials.")
        self.failures = Counter(label: "pushaas_sign_in_failures_total", factory: registry)
    }

    func handle(
        _ request: Request, context: PushaasRequestContext, next: (Request, PushaasRequestContext) async throws -> Response
    ) async throws -> Response {
        let headers = request.headers[values: .authorization]
        guard let header = headers.first else {
            // No attempt: a browser asks like this before it asks its user.
            throw Self.unauthorized("sign in with the user name and the password of pushaas")
        }
        let address = self.proxies.client(peer: context.peer, forwardedFor: request.headers[values: .xForwardedFor])
        if let delay = self.throttle.delay(from: address, credentials: header) {
            let seconds = max(1, Int((delay / .seconds(1)).rounded(.up)))
            throw APIError(
                .tooManyRequests, message: "too many sign-ins from this address have failed: try again in \(seconds) s",
                headers: [.retryAfter: "\(seconds)"])
        }
        guard headers.count == 1, let credentials = BasicCredentials(header: header), self.user.matches(credentials) else {
            self.throttle.failed(from: address)
            self.failures.increment()
            context.logger.notice("Sign-in failed", metadata: ["address": "\(address?.description ?? "unix")"])
            throw Self.unauthorized(
                "user name or password is wrong: those of tsuru's manifest must be the ones of pushaas (api.basic_auth_user, "
                    + "api.basic_auth_password)")
        }
        self.throttle.succeeded(from: address, credentials: header)
        return try await next(request, context)
    }

    private static func unauthorized(_ message: String) -> APIError {
        APIError(.unauthorized, message: message, headers: [.wwwAuthenticate: self.challenge])
    }
}

extension HTTPField.Name {
    static let xForwardedFor = Self("X-Forwarded-For")!
}
