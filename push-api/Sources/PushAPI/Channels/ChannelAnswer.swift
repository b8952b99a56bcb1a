import PushModels

/// A channel as the API shows it: its record, and when it expires.
struct ChannelAnswer: Encodable, Sendable {
    let id: String
    /// Seconds; 0 is for ever.
    let ttl: Int
    /// RFC 3339.
    let created: String
    /// RFC 3339 in UTC with milliseconds; absent for a channel that is for ever.
    let expires: String?

    init(_ record: ChannelRecord) {
        self.id = record.id
        self.ttl = record.ttl
        self.created = record.created
        // Records of others may have any number there.
        let (milliseconds, isTooLarge) = record.ttl.multipliedReportingOverflow(by: 1000)
        if record.ttl > 0, !isTooLarge, let created = Timestamp.parse(record.created) {
            self.expires = Timestamp.format(milliseconds: created, adding: milliseconds)
        } else {
            self.expires = nil
        }
    }
}

/// The answer to a request for a page.
struct ChannelPageAnswer: Encodable, Sendable {
    let channels: [ChannelAnswer]
    /// What asks for the next page; `null` on the last one.
    let cursor: String?
    /// All channels, whatever was searched for; `null` for callers who may see a part of them only.
    let total: Int?

    init(_ page: ChannelPage, cursor: String?, showsTotal: Bool) {
        self.channels = page.channels.map(ChannelAnswer.init)
        self.cursor = cursor
        self.total = showsTotal ? page.total : nil
    }

    private enum CodingKeys: CodingKey {
        case channels, cursor, total
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(self.channels, forKey: .channels)
        // `null` where there is none.
        try fields.encode(self.cursor, forKey: .cursor)
        try fields.encode(self.total, forKey: .total)
    }
}
