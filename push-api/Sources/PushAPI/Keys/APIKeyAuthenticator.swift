import HTTPTypes
import Logging
import PushRedis
import PushRuntime
import Synchronization

/// Signs API keys in.
///
/// Records are kept for a second, so that a key in steady use costs a round trip to Redis once a second, which all requests of that
/// moment share. So a key that another push-api has revoked is refused within a second.
final class APIKeyAuthenticator: Sendable {
    private let repository: APIKeyRepository
    private let usage: APIKeyUsageRecorder
    private let cache = Mutex(APIKeyCache())

    init(repository: APIKeyRepository, usage: APIKeyUsageRecorder) {
        self.repository = repository
        self.usage = usage
    }

    /// - Returns: `nil` if the token is none of a key that lives.
    /// - Throws: 503 if Redis cannot be asked: nobody can tell then whether the key is right.
    func principal(_ token: APIKeyToken, logger: Logger) async throws(APIError) -> Principal? {
        let key: APIKey?
        do {
            key = try await self.key(token.id)
        } catch {
            throw Self.unavailable(error, logger)
        }
        guard let principal = key?.principal(for: token) else { return nil }
        if self.cache.withLock({ $0.reportsUse(of: token.id, now: .now) }) { self.usage.record(token.id) }
        return principal
    }

    /// As ``principal(_:logger:)``, as far as that can be told without asking Redis.
    func knownPrincipal(_ token: APIKeyToken) -> Principal? {
        let now = ContinuousClock.now
        let (principal, reportsUse) = self.cache.withLock { cache -> (Principal?, Bool) in
            guard case .found(let key) = cache.lookup(token.id, now: now), let principal = key.principal(for: token) else {
                return (nil, false)
            }
            return (principal, cache.reportsUse(of: token.id, now: now))
        }
        if reportsUse { self.usage.record(token.id) }
        return principal
    }

    /// Forgets a key, so that a change of it holds here at once. To be called after Redis has the change.
    func forget(_ id: String) {
        self.cache.withLock { $0.forget(id) }
    }

    private func key(_ id: String) async throws -> APIKey? {
        let lookup = self.cache.withLock { cache -> Lookup in
            let now = ContinuousClock.now
            switch cache.lookup(id, now: now) {
            case .found(let key): return .found(key)
            case .underWay(let fetch): return .fetch(fetch)
            case .missing(let number):
                // Not of the request that happens to be the first: others wait for it too, and that one may be cancelled.
                let fetch = Task { try await self.fetch(id, number: number, started: now) }
                cache.started(id, number: number, fetch)
                return .fetch(fetch)
            }
        }
        switch lookup {
        case .found(let key): return key
        case .fetch(let fetch): return try await fetch.value
        }
    }

    private enum Lookup {
        case found(APIKey)
        case fetch(Task<APIKey?, any Error>)
    }

    private func fetch(_ id: String, number: UInt64, started: ContinuousClock.Instant) async throws -> APIKey? {
        do {
            let json = try await self.repository.json(id)
            return try self.cache.withLock { try $0.finished(id, number: number, started: started, json: json) }
        } catch {
            self.cache.withLock { $0.failed(id, number: number) }
            throw error
        }
    }

    private static func unavailable(_ error: any Error, _ logger: Logger) -> APIError {
        guard let error = error as? RedisError, error.isTemporary else {
            logger.error("API key cannot be looked up", metadata: ["error": "\(error)"])
            return APIError(
                .internalServerError,
                message: "the API key cannot be checked: its record in Redis is not readable; see the log of push-api")
        }
        logger.warning("Redis failed", metadata: ["error": "\(error)", "code": "503"])
        return APIError(
            .serviceUnavailable, message: "the API key cannot be checked: Redis is not available; repeat the request in a moment",
            headers: [.retryAfter: "1"])
    }
}
