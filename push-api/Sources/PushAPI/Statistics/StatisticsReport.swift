import FoundationEssentials
import NIOCore

/// What several agents reported, merged into one answer: `{"aggregated":{...},"all":[...]}`.
///
/// Each report stands in `all` as the agent wrote it, byte for byte, so that fields this version does not know get through.
struct StatisticsReport: Sendable {
    /// The sum over all agents.
    private(set) var subscribers = 0
    /// The sums over all agents that tell them: a channel that several push-streams have counts for each.
    private(set) var channels: Int?
    private(set) var publishedMessages: Int?
    /// The oldest of the agents' times, as push-stream writes it (ISO 8601 without offset, so that texts order like times).
    private(set) var oldestTime: String?
    private(set) var reports: [[UInt8]] = []

    var isEmpty: Bool { self.reports.isEmpty }

    /// - Returns: `false` if the text is not a JSON object with a number of subscribers; it is then left out.
    mutating func add(_ report: [UInt8]) -> Bool {
        guard let figures = ReportedFigures.read(report) else { return false }
        let (sum, overflow) = self.subscribers.addingReportingOverflow(figures.subscribers)
        guard !overflow else { return false }
        self.subscribers = sum
        self.channels = Self.sum(self.channels, figures.channels)
        self.publishedMessages = Self.sum(self.publishedMessages, figures.publishedMessages)
        if let time = figures.time {
            self.oldestTime = self.oldestTime.map { min($0, time) } ?? time
        }
        self.reports.append(report)
        return true
    }

    private static func sum(_ left: Int?, _ right: Int?) -> Int? {
        guard let left, let right else { return left ?? right }
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }

    private struct Aggregate: Encodable {
        let subscribers: Int
        var channels: Int?
        var publishedMessages: Int?
        var time: String?

        enum CodingKeys: String, CodingKey {
            case subscribers, channels, time
            case publishedMessages = "published_messages"
        }
    }

    /// The answer about one channel.
    func json() throws -> ByteBuffer {
        try self.json(Aggregate(subscribers: self.subscribers), end: "")
    }

    /// The answer about all push-streams, with the stream of messages.
    func json(stream: StreamFigures) throws -> ByteBuffer {
        let aggregate = Aggregate(
            subscribers: self.subscribers, channels: self.channels, publishedMessages: self.publishedMessages,
            time: self.oldestTime)
        let published = stream.published.map(String.init) ?? "null"
        return try self.json(
            aggregate, end: #","messages":{"stream":{"length":\#(stream.length),"published":\#(published)}}"#)
    }

    private func json(_ aggregate: Aggregate, end: String) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var json = ByteBuffer()
        json.writeString(#"{"aggregated":"#)
        json.writeBytes(try encoder.encode(aggregate))
        json.writeString(#","all":["#)
        for (index, report) in self.reports.enumerated() {
            if index > 0 { json.writeString(",") }
            json.writeBytes(report)
        }
        json.writeString("]\(end)}")
        return json
    }
}
