import FoundationEssentials

/// What this version reads in an agent's report: push-stream's summary, or its object of one channel.
struct ReportedFigures: Decodable, Sendable {
    let subscribers: Int
    /// Local time of push-stream.
    let time: String?
    let hostname: String?
    /// Channels of the summary.
    let channels: Int?
    /// Messages that the store of push-stream was given.
    let publishedMessages: Int?

    private enum CodingKeys: String, CodingKey {
        case subscribers, time, hostname, channels
        case publishedMessages = "published_messages"
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        // The Nginx module writes some of its numbers as strings, depending on its version.
        func number(_ key: CodingKeys) -> Int? {
            (try? fields.decode(Int.self, forKey: key)) ?? (try? fields.decode(String.self, forKey: key)).flatMap { Int($0) }
        }
        guard let subscribers = number(.subscribers) else {
            throw DecodingError.dataCorruptedError(forKey: .subscribers, in: fields, debugDescription: "not a number")
        }
        self.subscribers = subscribers
        self.time = try fields.decodeIfPresent(String.self, forKey: .time)
        self.hostname = try? fields.decodeIfPresent(String.self, forKey: .hostname)
        self.channels = number(.channels)
        self.publishedMessages = number(.publishedMessages)
    }

    /// - Returns: `nil` if the text is not a JSON object with a number of subscribers.
    static func read(_ report: [UInt8]) -> ReportedFigures? {
        guard String(validating: report, as: UTF8.self) != nil, JSONSyntax.isValid(report) else { return nil }
        return try? JSONDecoder().decode(ReportedFigures.self, from: Data(report))
    }
}
