import PushModels

/// One request to push-stream's publisher.
struct PublishRequest: Equatable, Sendable {
    enum Content: Equatable, Sendable {
        /// Percent-encoded text, published with this `Event-Id`.
        case message(String, eventID: StreamID)
        /// Creates the channel, or keeps it alive.
        case ensureChannel
    }

    /// What an Nginx with the module publishes to create a channel; our engine stores nothing.
    static let ensureBody = "ping"
    /// About what the request line and the header fields take beside channel and content.
    private static let overhead = 128

    var channel: String
    var content: Content

    /// About how many bytes the request takes in memory and on the wire.
    var size: Int {
        switch self.content {
        case .message(let text, _): return text.utf8.count + self.channel.utf8.count + Self.overhead
        case .ensureChannel: return Self.ensureBody.utf8.count + self.channel.utf8.count + Self.overhead
        }
    }

    /// The requests of one stream entry, in order.
    static func requests(of entry: StreamEntry, id: StreamID) -> [PublishRequest] {
        switch entry {
        case .message(let channel, let content):
            return [PublishRequest(channel: channel, content: .message(content, eventID: id))]
        case .ensureChannels(let channels):
            return channels.map { PublishRequest(channel: $0, content: .ensureChannel) }
        }
    }
}

/// What push-stream's answer to a publish means for the message.
enum AnswerDisposition: Equatable, Sendable {
    /// push-stream has it.
    case delivered
    /// push-stream cannot take it now and will later: sent again until it does.
    case unavailable
    /// push-stream failed over it, mostly because its store is full: sent again some times, then given up.
    case failed
    /// push-stream does not take it and never will.
    case refused

    init(status: Int) {
        switch status {
        case 200..<300: self = .delivered
        // 408 and 429 say by definition that the same request may succeed later.
        case 408, 429, 502, 503, 504: self = .unavailable
        case 500..<600: self = .failed
        default: self = .refused
        }
    }
}
