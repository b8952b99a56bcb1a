/// A key's record, prepared for signing in.
final class APIKey: Sendable {
    private let principal: Principal
    private let expires: Int?
    private let secrets: [(digest: SecretDigest, expires: Int?)]

    init(_ record: APIKeyRecord) {
        self.principal = Principal(
            .key(id: record.id, name: record.name), scopes: Scopes(record.scopes.compactMap(Scope.init)),
            channelPrefixes: record.channelPrefixes, limits: record.limits == .none ? nil : record.limits)
        self.expires = record.expires
        self.secrets = record.secrets.compactMap { secret in
            SecretDigest(hexadecimal: secret.sha256).map { ($0, secret.expires) }
        }
    }

    /// - Parameter now: Milliseconds since 1970. Asked for only when something expires.
    /// - Returns: `nil` if the token's secret is none of this key's, or has expired, or the key has.
    func principal(for token: APIKeyToken, now: () -> Int = Timestamp.now) -> Principal? {
        // All are compared: the time must not tell which of them, if any, is close.
        var match: Int?? = nil
        for secret in self.secrets where secret.digest.matches(token.digest) { match = .some(secret.expires) }
        guard let secretExpires = match else { return nil }
        if let end = [secretExpires, self.expires].compactMap({ $0 }).min(), end <= now() { return nil }
        return self.principal
    }
}
