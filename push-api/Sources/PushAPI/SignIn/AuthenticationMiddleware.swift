import HTTPTypes
import Hummingbird
import Logging
import Metrics
import PushRuntime

/// Finds out who makes a request: the configured user (HTTP Basic, RFC 7617), or an API key (Bearer, RFC 6750, or as the password of
/// any user).
///
/// Missing, malformed and wrong credentials are 401; an address that has failed too often waits (429).
struct AuthenticationMiddleware: RouterMiddleware {
    private let user: BasicUser
    private let userPrincipal: Principal
    private let keys: APIKeyAuthenticator
    private let known = KnownCredentials()
    private let throttle: SignInThrottle
    private let proxies: TrustedProxies
    private let metrics: SignInMetrics

    private static let challenge = #"Basic realm="Push Service", charset="UTF-8", Bearer realm="Push Service""#

    init(
        user: String, password: String, keys: APIKeyAuthenticator, throttle: SignInThrottle,
        proxies: TrustedProxies, metrics: SignInMetrics
    ) {
        self.user = BasicUser(user: user, password: password)
        self.userPrincipal = Principal(.user(user), scopes: .all)
        self.keys = keys
        self.throttle = throttle
        self.proxies = proxies
        self.metrics = metrics
    }

    func handle(
        _ request: Request, context: APIRequestContext, next: (Request, APIRequestContext) async throws -> Response
    ) async throws -> Response {
        let headers = request.headers[values: .authorization]
        guard let header = headers.first else {
            // No attempt: a browser asks like this before it asks its user.
            throw Self.unauthorized("sign in with the user name and the password of this service, or with an API key")
        }
        let address = self.proxies.client(peer: context.peer, forwardedFor: request.headers[values: .xForwardedFor])
        if let delay = self.throttle.delay(from: address, credentials: header) {
            self.metrics.slowed.increment()
            context.logger.notice("Sign-in slowed", metadata: ["address": "\(Self.text(address))"])
            let seconds = max(1, Int((delay / .seconds(1)).rounded(.up)))
            throw APIError(
                .tooManyRequests, message: "too many sign-ins from this address have failed: try again in \(seconds) s",
                headers: [.retryAfter: "\(seconds)"])
        }
        guard headers.count == 1, let principal = try await self.principal(header, context) else {
            self.throttle.failed(from: address)
            self.metrics.failures.increment()
            context.logger.notice("Sign-in failed", metadata: ["address": "\(Self.text(address))"])
            throw Self.unauthorized("these credentials are wrong, or the API key was revoked or has expired")
        }
        self.throttle.succeeded(from: address, credentials: header)
        var context = context
        context.principal = principal
        return try await next(request, context)
    }

    /// Who makes a request, where that needs no question to Redis and ``handle(_:context:next:)`` would let it pass.
    ///
    /// - Parameters:
    ///   - authorization: The values of the header.
    ///   - peer: The other end of the connection.
    ///   - forwardedFor: The values of `X-Forwarded-For`.
    /// - Returns: `nil` where ``handle(_:context:next:)`` has to decide; nothing was counted then.
    func knownPrincipal(authorization: [String], peer: IPAddress?, forwardedFor: @autoclosure () -> [String]) -> Principal? {
        guard authorization.count == 1 else { return nil }
        let header = authorization[0]
        let address = self.proxies.client(peer: peer, forwardedFor: forwardedFor())
        guard self.throttle.delay(from: address, credentials: header) == nil, let principal = self.knownPrincipal(header) else {
            return nil
        }
        self.throttle.succeeded(from: address, credentials: header)
        return principal
    }

    private func knownPrincipal(_ header: String) -> Principal? {
        let fingerprint = self.known.fingerprint(of: header)
        if let meaning = self.known[fingerprint] { return self.principal(meaning) }
        guard let meaning = self.meaning(of: header), let principal = self.principal(meaning) else { return nil }
        self.known.remember(fingerprint, meaning)
        return principal
    }

    private func principal(_ meaning: KnownCredentials.Meaning) -> Principal? {
        switch meaning {
        case .user: self.userPrincipal
        case .key(let token): self.keys.knownPrincipal(token)
        }
    }

    /// - Returns: `nil` for what is neither the user's password nor formed like a key.
    private func meaning(of header: String) -> KnownCredentials.Meaning? {
        switch Credentials(header: header) {
        case nil: nil
        case .key(let token): .key(token)
        case .basic(let basic): self.user.matches(basic) ? .user : APIKeyToken(basic.password).map { .key($0) }
        }
    }

    private func principal(_ header: String, _ context: APIRequestContext) async throws -> Principal? {
        switch self.meaning(of: header) {
        case nil: nil
        case .user: self.userPrincipal
        case .key(let token): try await self.keys.principal(token, logger: context.logger)
        }
    }

    private static func text(_ address: IPAddress?) -> String { address?.description ?? "unix" }

    private static func unauthorized(_ message: String) -> APIError {
        APIError(.unauthorized, message: message, headers: [.wwwAuthenticate: self.challenge])
    }
}

/// Gives everyone everything (`api.enable_auth`).
struct OpenAccessMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: APIRequestContext, next: (Request, APIRequestContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.principal = .anyone
        return try await next(request, context)
    }
}

extension HTTPField.Name {
    static let xForwardedFor = Self("X-Forwarded-For")!
}
