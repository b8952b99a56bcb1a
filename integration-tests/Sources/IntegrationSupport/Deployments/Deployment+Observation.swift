import Foundation
import PushTestSupport

/// push-stream's statistics of one channel.
public struct ChannelStatistics: Decodable, Sendable, Equatable {
    public var channel: String
    public var publishedMessages: Int
    public var storedMessages: Int
    public var subscribers: Int

    public init(channel: String, publishedMessages: Int, storedMessages: Int, subscribers: Int) {
        self.channel = channel
        self.publishedMessages = publishedMessages
        self.storedMessages = storedMessages
        self.subscribers = subscribers
    }

    private enum CodingKeys: String, CodingKey {
        case channel, subscribers
        case publishedMessages = "published_messages"
        case storedMessages = "stored_messages"
    }
}

extension Deployment {
    /// A client of push-api with the right credentials.
    public func publisher() -> Publisher { Publisher(self.api, credentials: self.credentials) }

    public func eventSource(_ channels: String, lastEventID: String? = nil) async throws -> EventSourceClient {
        try await EventSourceClient(self.stream, channels: channels, lastEventID: lastEventID)
    }

    /// What push-stream knows of a channel; `nil` when it does not know it.
    public func statistics(of channel: String) async throws -> ChannelStatistics? {
        let connection = try await HTTPConnection(to: self.control)
        defer { connection.close() }
        let response = try await connection.response(to: HTTPRequest("GET", "/channels-stats?id=\(channel)"))
        switch response.status {
        case 200: return try response.json()
        case 404: return nil
        default: throw HTTPError.status(response.status, body: response.text)
        }
    }

    /// The text of `/metrics` of each part that serves it.
    public func metrics() async throws -> [String] {
        var places = [self.api, self.agent].compactMap(\.self)
        // push-service shows all in one place.
        if self.kind == .fourProcesses { places.append(self.control) }
        var texts: [String] = []
        for place in places {
            let connection = try await HTTPConnection(to: place)
            defer { connection.close() }
            let response = try await connection.response(to: HTTPRequest("GET", "/metrics"))
            guard response.status == 200 else { throw HTTPError.status(response.status, body: response.text) }
            texts.append(response.text)
        }
        return texts
    }

    /// Waits until push-stream counts that many subscribers of a channel.
    public func awaitSubscribers(_ count: Int, of channel: String, within limit: Duration = .seconds(60)) async throws {
        try await eventually(within: limit, "\(count) subscribers of \(channel)") {
            try await self.statistics(of: channel)?.subscribers == count
        }
    }

    /// Puts the records, the index and an agent's statistics of so many channels into Redis: `many-1`, `many-2` and so on.
    public func fillChannels(_ count: Int, agent: String) async throws {
        let script = """
            for i = 1, \(count) do local id = 'many-' .. i redis.call('ZADD', 'push_channels', i, id) redis.call('SET', 'ch_' .. id, \
            '{"id":"' .. id .. '","ttl":0,"created":"2026-01-01T00:00:00.000Z"}') redis.call('SET', 'stats_channel:' .. id .. \
            ':\(agent)', '{"channel":"' .. id .. '","subscribers":1}') end
            """
        let quoted = script.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let answer = try await Self.redis(self.redis, "EVAL \"\(quoted)\" 0")
        guard answer == "$-1\r\n" else { throw HTTPError.malformed("Redis answered \(answer)") }
    }

    /// How many messages push-api has put into the Redis stream and Redis still has.
    public func acceptedMessages() async throws -> Int {
        let entries = try await Self.redis(self.redis, "XRANGE push_messages - +")
        // Entries of other kinds have no field of this name.
        return entries.components(separatedBy: "\r\n$7\r\nchannel\r\n").count - 1
    }
}
