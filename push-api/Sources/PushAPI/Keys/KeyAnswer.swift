/// A key as the API shows it. `null` stands where there is no limit, no end or no use yet.
struct KeyAnswer: Encodable, Sendable {
    private let record: APIKeyRecord
    private let lastUsed: Int?
    private let text: String?
    private let secrets: [APIKeyRecord.Secret]

    /// - Parameters:
    ///   - text: The key itself, in the answers that make one.
    ///   - now: Milliseconds since 1970; secrets that have expired by then are left out.
    init(_ key: APIKeyRepository.Listed, text: String? = nil, now: Int = Timestamp.now()) {
        self.record = key.record
        self.lastUsed = key.lastUsed
        self.text = text
        self.secrets = key.record.validSecrets(at: now)
    }

    private enum CodingKeys: CodingKey {
        case id, name, scopes, channelPrefixes, limits, created, expires, lastUsed, secrets, key
        case messagesPerSecond, bytesPerSecond
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(self.record.id, forKey: .id)
        try fields.encode(self.record.name, forKey: .name)
        try fields.encode(self.record.scopes, forKey: .scopes)
        try fields.encode(self.record.channelPrefixes, forKey: .channelPrefixes)
        var limits = fields.nestedContainer(keyedBy: CodingKeys.self, forKey: .limits)
        // Not `encodeIfPresent`: a client need not tell an absent field from null.
        try limits.encode(self.record.limits.messagesPerSecond, forKey: .messagesPerSecond)
        try limits.encode(self.record.limits.bytesPerSecond, forKey: .bytesPerSecond)
        try fields.encode(Timestamp.format(milliseconds: self.record.created), forKey: .created)
        try fields.encode(self.record.expires.map(Timestamp.format(milliseconds:)), forKey: .expires)
        try fields.encode(self.lastUsed.map(Timestamp.format(milliseconds:)), forKey: .lastUsed)
        var secrets = fields.nestedUnkeyedContainer(forKey: .secrets)
        for secret in self.secrets {
            var item = secrets.nestedContainer(keyedBy: CodingKeys.self)
            try item.encode(Timestamp.format(milliseconds: secret.created), forKey: .created)
            try item.encode(secret.expires.map(Timestamp.format(milliseconds:)), forKey: .expires)
        }
        if let text = self.text { try fields.encode(text, forKey: .key) }
    }
}
