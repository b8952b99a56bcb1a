/// The formats of statistics and of publish answers: the same texts as the Nginx module's, except that JSON escapes ids.
public enum StatisticsFormat: Sendable, Equatable, CaseIterable {
    case json, plain, yaml, xml, xJSON, xYAML

    public var contentType: String {
        switch self {
        case .json: "application/json"
        case .plain: "text/plain"
        case .yaml: "application/yaml"
        case .xml: "application/xml"
        case .xJSON: "text/x-json"
        case .xYAML: "text/x-yaml"
        }
    }

    /// Chooses by `Accept`: the first media type whose subtype is known; JSON otherwise.
    public init(accept: String?) {
        self = .json
        guard let accept else { return }
        let subtypes: [(String, StatisticsFormat)] = [
            ("plain", .plain), ("json", .json), ("yaml", .yaml), ("xml", .xml), ("x-json", .xJSON), ("x-yaml", .xYAML),
        ]
        for part in accept.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst() {
            if let match = subtypes.first(where: { part.starts(with: $0.0.utf8) }) {
                self = match.1
                return
            }
        }
    }

    /// One event loop in the summary, in the place of a worker process.
    public struct Worker: Sendable {
        public var pid: Int
        public var subscribers: Int

        public init(pid: Int, subscribers: Int) {
            self.pid = pid
            self.subscribers = subscribers
        }
    }

    // MARK: One channel

    /// The answer when exactly one channel is asked for.
    public func channel(_ info: ChannelStatistics) -> String {
        switch self {
        case .json, .xJSON: json(info) + "\r\n"
        case .plain: plain(info) + "\r\n"
        case .yaml, .xYAML: yaml(info) + "\r\n"
        case .xml: "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\r\n" + xml(info) + "\r\n"
        }
    }

    /// The answer for several channels.
    public func channels(_ infos: [ChannelStatistics], summary: StoreSummary, hostname: String) -> String {
        let time = HTTPDate.formatISO8601(summary.time)
        let items = infos.enumerated().map { index, info in item(info, isLast: index == infos.count - 1) }.joined()
        switch self {
        case .json, .xJSON:
            return "{\"hostname\": \"\(hostname)\", \"time\": \"\(time)\", \"channels\": \(summary.channels), "
                + "\"wildcard_channels\": \(summary.wildcardChannels), \"uptime\": \(summary.uptime), \"infos\": [\r\n"
                + items + "]}\r\n"
        case .plain:
            return "hostname: \(hostname), time: \(time), channels: \(summary.channels), "
                + "wildcard_channels: \(summary.wildcardChannels), uptime: \(summary.uptime), infos: \r\n" + items + "\r\n"
        case .yaml, .xYAML:
            return "hostname: \(hostname)\r\ntime: \(time)\r\nchannels: \(summary.channels)\r\n"
                + "wildcard_channels: \(summary.wildcardChannels)\r\nuptime: \(summary.uptime)\r\ninfos: \r\n" + items + "\r\n"
        case .xml:
            return "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\r\n<root>\r\n  <hostname>\(hostname)</hostname>\r\n"
                + "  <time>\(time)</time>\r\n  <channels>\(summary.channels)</channels>\r\n"
                + "  <wildcard_channels>\(summary.wildcardChannels)</wildcard_channels>\r\n"
                + "  <uptime>\(summary.uptime)</uptime>\r\n  <infos>\r\n" + items + "  </infos>\r\n</root>\r\n"
        }
    }

    private func item(_ info: ChannelStatistics, isLast: Bool) -> String {
        switch self {
        case .json, .xJSON: json(info) + (isLast ? "\r\n" : ",\r\n")
        case .plain: plain(info) + (isLast ? "" : ",\r\n")
        case .yaml, .xYAML: " -\r\n" + yaml(info) + (isLast ? "" : "\r\n")
        case .xml: xml(info)
        }
    }

    private func json(_ info: ChannelStatistics) -> String {
        // Each publish is answered with it, so it is not put together from strings.
        var output: [UInt8] = []
        output.reserveCapacity(128 + info.name.bytes.count)
        output += "{\"channel\": \"".utf8
        JSONEscaping.append(info.name.bytes, to: &output)
        output += "\", \"published_messages\": ".utf8
        output += String(info.publishedMessages).utf8
        output += ", \"stored_messages\": ".utf8
        output += String(info.storedMessages).utf8
        output += ", \"subscribers\": ".utf8
        output += String(info.subscribers).utf8
        output.append(UInt8(ascii: "}"))
        return String(decoding: output, as: UTF8.self)
    }

    private func plain(_ info: ChannelStatistics) -> String {
        "channel: \(info.name)\r\npublished_messages: \(info.publishedMessages)\r\n"
            + "stored_messages: \(info.storedMessages)\r\nactive_subscribers: \(info.subscribers)"
    }

    private func yaml(_ info: ChannelStatistics) -> String {
        "  channel: \(info.name)\r\n  published_messages: \(info.publishedMessages)\r\n"
            + "  stored_messages: \(info.storedMessages)\r\n  subscribers: \(info.subscribers)"
    }

    private func xml(_ info: ChannelStatistics) -> String {
        "<channel>\r\n  <name>\(info.name)</name>\r\n  <published_messages>\(info.publishedMessages)</published_messages>\r\n"
            + "  <stored_messages>\(info.storedMessages)</stored_messages>\r\n"
            + "  <subscribers>\(info.subscribers)</subscribers>\r\n</channel>\r\n"
    }
}
