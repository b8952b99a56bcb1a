import PushModels
import PushRedis

/// An agent that reports, and how far it has come.
struct AgentStatus: Sendable, Equatable {
    var agent: String
    var hostname: String
    var subscribers: Int
    var channels: Int
    var publishedMessages: Int
    /// Milliseconds since 1970.
    var lastReport: Int
    /// The last entry that push-stream has; `nil` for an agent that has stored none yet.
    var position: StreamEntryID?
    /// Entries after the position; `nil` if it is not known.
    var lagMessages: Int?
    /// Seconds for which the oldest entry after the position has been there, 0 if there is none; `nil` without a position.
    var lagSeconds: Double?
}

extension AgentStatus: Encodable {
    private enum CodingKeys: CodingKey {
        case agent, hostname, subscribers, channels, publishedMessages, lastReport, position, lagMessages, lagSeconds
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(self.agent, forKey: .agent)
        try fields.encode(self.hostname, forKey: .hostname)
        try fields.encode(self.subscribers, forKey: .subscribers)
        try fields.encode(self.channels, forKey: .channels)
        try fields.encode(self.publishedMessages, forKey: .publishedMessages)
        try fields.encode(Timestamp.format(milliseconds: self.lastReport), forKey: .lastReport)
        // What is not known is there as null.
        try fields.encode(self.position?.description, forKey: .position)
        try fields.encode(self.lagMessages, forKey: .lagMessages)
        try fields.encode(self.lagSeconds ?? 0, forKey: .lagSeconds)
    }
}

/// What an agent keeps in Redis about itself.
struct AgentRecord: Sendable {
    var agent: String
    var lastReport: Int
    var figures: ReportedFigures
    var position: StreamEntryID?
    /// The text of ``RedisKeys/readCount(agent:)``.
    var place: String?

    /// - Parameters:
    ///   - next: the oldest entry after the position.
    ///   - now: milliseconds since 1970 by Redis' clock.
    func status(stream: StreamFigures, next: StreamEntryID?, now: UInt64) -> AgentStatus {
        var status = AgentStatus(
            agent: self.agent, hostname: self.figures.hostname ?? self.agent, subscribers: self.figures.subscribers,
            channels: self.figures.channels ?? 0, publishedMessages: self.figures.publishedMessages ?? 0,
            lastReport: self.lastReport)
        guard let position else { return status }
        status.position = position
        status.lagSeconds = next.map { Double(now - min(now, $0.milliseconds)) / 1_000 } ?? 0
        if !self.isBehind(stream) {
            status.lagMessages = 0
        } else if let published = stream.published, let place = self.placeOfPosition {
            status.lagMessages = max(0, published - place)
        }
        return status
    }

    func isBehind(_ stream: StreamFigures) -> Bool {
        guard let position, let last = stream.last else { return false }
        return position < last
    }

    /// `nil` if what Redis keeps is another entry's place.
    private var placeOfPosition: Int? {
        guard let parts = self.place?.split(separator: " "), parts.count == 2, StreamEntryID(parts[0]) == self.position else {
            return nil
        }
        return Int(parts[1]).flatMap { $0 > 0 ? $0 : nil }
    }
}
