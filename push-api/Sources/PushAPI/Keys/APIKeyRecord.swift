import FoundationEssentials

/// An API key as Redis keeps it. Times are milliseconds since 1970.
struct APIKeyRecord: Codable, Equatable, Sendable {
    struct Secret: Codable, Equatable, Sendable {
        /// Of the whole key, in hexadecimal.
        let sha256: String
        let created: Int
        /// `nil` as long as the key lives.
        var expires: Int?

        func isValid(at time: Int) -> Bool { self.expires.map { time < $0 } ?? true }
    }

    /// A key that has expired is refused at once, and listed for this long so that its owner can see why.
    static let listedAfterExpiry = 24 * 3600 * 1000

    let id: String
    let name: String
    /// Names of ``Scope``; a later version may know more.
    let scopes: [String]
    /// Empty for all channels.
    let channelPrefixes: [String]
    let limits: RateLimits
    let created: Int
    /// `nil` for ever.
    let expires: Int?
    /// Oldest first.
    private(set) var secrets: [Secret]

    init(id: String, _ request: CreateKeyRequest, token: APIKeyToken, now: Int) {
        self.id = id
        self.name = request.name
        self.scopes = request.scopes.map(\.rawValue)
        self.channelPrefixes = request.channelPrefixes
        self.limits = request.limits
        self.created = now
        self.expires = request.ttl > 0 ? now + request.ttl * 1000 : nil
        self.secrets = [Secret(sha256: token.digest.hexadecimal, created: now, expires: nil)]
    }

    func isExpired(at time: Int) -> Bool { self.expires.map { $0 <= time } ?? false }

    /// Whether lists show it.
    func isListed(at time: Int) -> Bool { self.expires.map { time < $0 + Self.listedAfterExpiry } ?? true }

    /// The secrets that sign in.
    func validSecrets(at time: Int) -> [Secret] {
        self.isExpired(at: time) ? [] : self.secrets.filter { $0.isValid(at: time) }
    }

    /// Puts a new secret in place of the newest, which stays valid for a while; any older one ends.
    ///
    /// - Parameter previousTTL: Milliseconds; 0 ends it now.
    mutating func rotate(to token: APIKeyToken, previousTTL: Int, now: Int) {
        var secrets: [Secret] = []
        if previousTTL > 0, var previous = self.secrets.last, previous.isValid(at: now) {
            previous.expires = [previous.expires, now + previousTTL, self.expires].compactMap { $0 }.min()
            secrets.append(previous)
        }
        secrets.append(Secret(sha256: token.digest.hexadecimal, created: now, expires: nil))
        self.secrets = secrets
    }

    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return [UInt8](try encoder.encode(self))
    }

    init(json: [UInt8]) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(json))
    }
}
