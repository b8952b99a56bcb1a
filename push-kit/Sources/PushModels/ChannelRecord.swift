/// A persistent channel, as the API shows it and as Redis keeps it.
public struct ChannelRecord: Codable, Equatable, Sendable {
    public var id: String
    /// Seconds from creation until the channel expires; 0 is for ever.
    public var ttl: Int
    /// When it was created, RFC 3339 in UTC with milliseconds: `2019-09-01T12:00:00.000Z`.
    public var created: String

    public init(id: String, ttl: Int, created: String) {
        self.id = id
        self.ttl = ttl
        self.created = created
    }
}
