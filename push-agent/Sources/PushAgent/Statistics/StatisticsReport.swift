import NIOCore
import PushModels

/// push-stream's statistics in the form in which push-api reads them from Redis: push-stream's own objects, each with the
/// `agent` that reported it and a `hostname`.
struct StatisticsReport: Equatable, Sendable {
    struct Record: Equatable, Sendable {
        var key: String
        /// A JSON object.
        var value: String
    }

    var global: Record
    var channels: [Record]
    /// Channels with subscribers, those with most first; ``TopChannel/maximumReported`` at most.
    var topChannels: [TopChannel]

    /// - Parameters:
    ///   - summary: the answer to `GET /channels-stats`.
    ///   - all: the answer to `GET /channels-stats?id=ALL`: an object with an array `infos` of objects with `channel`.
    ///     Items of another form are left out.
    ///   - hostname: used where push-stream names none.
    /// - Returns: `nil` if either is not of that form.
    init?(summary: ByteBuffer, all: ByteBuffer, agent: String, hostname: String, keys: RedisKeys) {
        guard let summary = Self.object(summary), let all = Self.object(all), case .array(let infos) = all["infos"]
        else { return nil }
        self.global = Self.record(key: keys.globalStatistics(agent: agent), summary, agent: agent, hostname: hostname)
        let channelsHostname = all["hostname"]?.string ?? summary["hostname"]?.string ?? hostname
        self.channels = infos.compactMap { info in
            guard case .object(let members) = info, let channel = members["channel"]?.string else { return nil }
            return Self.record(
                key: keys.channelStatistics(channel: channel, agent: agent), members, agent: agent, hostname: channelsHostname)
        }
        self.topChannels = Self.topChannels(infos)
    }

    private static func topChannels(_ infos: [JSONValue]) -> [TopChannel] {
        let channels = infos.compactMap { info -> TopChannel? in
            guard let channel = info["channel"]?.string,
                let subscribers = StatisticsNumber.read(info["subscribers"]), subscribers > 0
            else { return nil }
            return TopChannel(channel: channel, subscribers: Int(subscribers))
        }
        return Array(channels.sorted(by: TopChannel.precedes).prefix(TopChannel.maximumReported))
    }

    private static func object(_ json: ByteBuffer) -> [String: JSONValue]? {
        guard case .object(let members) = JSONValue(json.readableBytesView) else { return nil }
        return members
    }

    private static func record(key: String, _ object: [String: JSONValue], agent: String, hostname: String) -> Record {
        var object = object
        object["agent"] = .string(agent)
        if object["hostname"]?.string == nil { object["hostname"] = .string(hostname) }
        return Record(key: key, value: JSONValue.object(object).text)
    }
}
