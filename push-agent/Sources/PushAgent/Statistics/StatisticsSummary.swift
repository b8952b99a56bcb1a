import NIOCore
import PushModels

/// What the agent itself needs of push-stream's statistics.
struct StatisticsSummary: Equatable, Sendable {
    var hostname: String?
    /// Local time of push-stream, `YYYY-MM-DDTHH:MM:SS`.
    var time: String?
    /// Seconds.
    var uptime: Int64?
    var subscribers: Int64?
    /// Messages that the store was given.
    var publishedMessages: Int64?

    init(hostname: String?, time: String?, uptime: Int64?, subscribers: Int64? = nil, publishedMessages: Int64? = nil) {
        self.hostname = hostname
        self.time = time
        self.uptime = uptime
        self.subscribers = subscribers
        self.publishedMessages = publishedMessages
    }

    /// - Returns: `nil` if this is no JSON object.
    init?(json: ByteBuffer) {
        guard case .object(let object) = JSONValue(json.readableBytesView) else { return nil }
        func number(_ name: String) -> Int64? { StatisticsNumber.read(object[name]) }
        self.init(
            hostname: object["hostname"]?.string, time: object["time"]?.string, uptime: number("uptime"),
            subscribers: number("subscribers"), publishedMessages: number("published_messages"))
    }
}

/// A number in push-stream's statistics.
enum StatisticsNumber {
    /// The Nginx module writes some of its numbers as texts, depending on its version.
    static func read(_ value: JSONValue?) -> Int64? {
        value?.int.map(Int64.init) ?? value?.string.flatMap(Int64.init)
    }
}
