import NIOCore
import PushStreamCore

/// What subscribers of one location with one kind of client have in common. Made once per event loop, so that an idle
/// subscriber holds one reference instead of settings of its own.
final class SubscriberProfile {
    struct Key: Hashable {
        var mode: SubscriberMode
        /// Framing of the location, which `X-Nginx-PushStream-Mode` does not change.
        var framing: MessageEncoding.Framing
        var template: MessageTemplate
        var headerTemplate: String?
        var footerTemplate: String?
        var pingInterval: Int?
        var connectionTTL: Int?
        var isChunked: Bool
        var padding: PaddingSize?
        var publishes: Bool
        var storesMessages: Bool
        var bodyLimit: Int
        /// Set where pings carry it.
        var pingText: String?
    }

    struct PaddingSize: Hashable {
        var headerMinimum: Int
        var messageMinimum: Int
        /// No padding is longer (the largest that the location's rules name).
        var maximum: Int

        /// In steps of 100 bytes, as the module makes them: line breaks for streams, a comment for event sources.
        func bytes(for length: Int, minimum: Int, framing: MessageEncoding.Framing) -> [UInt8] {
            let missing = minimum - length
            guard missing > 0 else { return [] }
            let count = min((missing / 100 + 1) * 100, maximum)
            if framing == .eventSource {
                return [UInt8](repeating: UInt8(ascii: ":"), count: count - 1) + [UInt8(ascii: "\n")]
            }
            return (0..<count).map { ($0 + count) % 2 == 0 ? UInt8(ascii: "\r") : UInt8(ascii: "\n") }
        }
    }

    let key: Key
    let encoding: MessageEncoding
    /// Sent at the start, without chunk framing.
    let header: [UInt8]
    let footer: [UInt8]
    /// What a ping is for these subscribers, framing included.
    let ping: ByteBuffer
    /// Encoded once for the messages of one tick; see ``SubscriberList``.
    let index: Int
    /// Connected subscribers.
    var users = 0

    init(_ key: Key, index: Int) {
        self.key = key
        self.index = index
        encoding = MessageEncoding(template: key.template, framing: key.framing, isChunked: key.isChunked)
        func frame(_ text: String?) -> [UInt8] {
            guard let text, !text.isEmpty else { return [] }
            return switch key.framing {
            case .plain: Array(text.utf8)
            case .eventSource: FrameTemplates.eventSourceComment(text)
            case .webSocket: WebSocketFrame.encode(.text, payload: Array(text.utf8))
            }
        }
        let header = frame(key.headerTemplate)
        self.header = key.framing == .eventSource && header.isEmpty ? FrameTemplates.defaultEventSourceHeader : header
        footer = frame(key.footerTemplate)
        switch key.framing {
        case .eventSource: ping = ByteBuffer(bytes: Self.chunk(FrameTemplates.eventSourcePing, key.isChunked))
        case .webSocket: ping = ByteBuffer(bytes: WebSocketFrame.ping)
        case .plain:
            ping = ByteBuffer(bytes: encoding.encode(Message(id: Message.ServerID.ping, text: Array((key.pingText ?? "").utf8))))
        }
    }

    /// A message for subscribers that get a stream: encoded, padded, in a chunk.
    func encode(_ message: Message) -> [UInt8] {
        guard let padding = key.padding else { return encoding.encode(message) }
        let body = encoding.encodeBody(message)
        return Self.chunk(
            body + padding.bytes(for: body.count, minimum: padding.messageMinimum, framing: key.framing), key.isChunked)
    }

    /// The start of a stream's body: header template and stored messages.
    func opening(_ messages: [Message]) -> [UInt8] {
        var body = header
        if let padding = key.padding, !header.isEmpty {
            body += padding.bytes(for: header.count, minimum: padding.headerMinimum, framing: key.framing)
        }
        var output = Self.chunk(body, key.isChunked)
        for message in messages { output += encode(message) }
        return output
    }

    static func chunk(_ body: [UInt8], _ isChunked: Bool) -> [UInt8] {
        isChunked ? ChunkedCoding.chunk(body) : body
    }
}
