extension StatisticsFormat {
    /// The answer when no channel is named.
    public func summary(_ summary: StoreSummary, workers: [Worker], hostname: String) -> String {
        let time = HTTPDate.formatISO8601(summary.time)
        let rendered = workers.enumerated().map { index, each in
            worker(each, uptime: summary.uptime, isLast: index == workers.count - 1)
        }.joined()
        let fields: [(String, String)] = [
            ("hostname", hostname), ("time", time), ("channels", "\(summary.channels)"),
            ("wildcard_channels", "\(summary.wildcardChannels)"), ("published_messages", "\(summary.publishedMessages)"),
            ("stored_messages", "\(summary.storedMessages)"), ("messages_in_trash", "\(summary.messagesInTrash)"),
            ("channels_in_delete", "\(summary.channelsInDelete)"), ("channels_in_trash", "\(summary.channelsInTrash)"),
            ("subscribers", "\(summary.subscribers)"), ("uptime", "\(summary.uptime)"),
        ]
        switch self {
        case .json, .xJSON:
            let text = fields.map { $0 == "hostname" || $0 == "time" ? "\"\($0)\": \"\($1)\"" : "\"\($0)\": \($1)" }
            return "{" + text.joined(separator: ", ") + ", \"by_worker\": [\r\n" + rendered + "\r\n]}\r\n"
        case .plain:
            return fields.map { "\($0): \($1)\r\n" }.joined() + "by_worker:\r\n" + rendered + "\r\n"
        case .yaml, .xYAML:
            return fields.map { "  \($0): \($1)\r\n" }.joined() + "  by_worker:\r\n" + rendered + "\r\n"
        case .xml:
            return "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\r\n<infos>\r\n"
                + fields.map { "  <\($0)>\($1)</\($0)>\r\n" }.joined() + "  <by_worker>" + rendered
                + "</by_worker>\r\n</infos>\r\n"
        }
    }

    private func worker(_ worker: Worker, uptime: Int, isLast: Bool) -> String {
        switch self {
        case .json, .xJSON:
            "{\"pid\": \"\(worker.pid)\", \"subscribers\": \(worker.subscribers), \"uptime\": \(uptime)}"
                + (isLast ? "" : ",\r\n")
        case .plain:
            "  pid: \(worker.pid)\r\n  subscribers: \(worker.subscribers)\r\n  uptime: \(uptime)" + (isLast ? "" : ",\r\n")
        case .yaml, .xYAML:
            "   -\r\n    pid: \(worker.pid)\r\n    subscribers: \(worker.subscribers)\r\n    uptime: \(uptime)"
                + (isLast ? "" : "\r\n")
        case .xml:
            "<worker>\r\n  <pid>\(worker.pid)</pid>\r\n  <subscribers>\(worker.subscribers)</subscribers>\r\n"
                + "  <uptime>\(uptime)</uptime>\r\n</worker>\r\n"
        }
    }
}
