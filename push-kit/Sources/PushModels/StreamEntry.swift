/// One entry of the Redis stream that carries messages from push-api to every push-agent.
///
/// The fields are names and values as Redis keeps them. An agent skips entries that it does not understand, so that a
/// newer push-api can run beside an older agent.
public enum StreamEntry: Equatable, Sendable {
    /// A message for one channel; `content` is percent-encoded (``ContentEncoding``). The entry's id becomes its `Event-Id`.
    case message(channel: String, content: String)
    /// Channels that shall exist on every push-stream although nothing was published on them.
    case ensureChannels([String])

    /// Channels that one `ensureChannels` entry names at most, which bounds its size to about 100 KB.
    public static let maximumEnsuredChannels = 500

    public var fields: [(name: String, value: String)] {
        switch self {
        case .message(let channel, let content):
            return [("channel", channel), ("content", content)]
        case .ensureChannels(let channels):
            // Channel ids contain no whitespace, so a newline separates them safely.
            return [("ensure", channels.joined(separator: "\n"))]
        }
    }

    /// - Returns: `nil` for an entry of a kind that this version does not know.
    public init?(fields: [(name: String, value: String)]) {
        self.init { name in fields.first { $0.name == name }?.value }
    }

    /// As above.
    ///
    /// - Parameter value: gives the value of the first field of a name.
    public init?(_ value: (_ name: String) -> String?) {
        if let channel = value("channel"), let content = value("content") {
            self = .message(channel: channel, content: content)
        } else if let channels = value("ensure") {
            self = .ensureChannels(channels.split(separator: "\n").map(String.init))
        } else {
            return nil
        }
    }
}
