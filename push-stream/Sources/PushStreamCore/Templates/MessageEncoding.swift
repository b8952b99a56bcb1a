/// The form in which a group of subscribers gets messages: template and framing. Everything that subscribers with the same
/// encoding get is the same bytes, made once.
public struct MessageEncoding: Hashable, Sendable {
    public enum Framing: Hashable, Sendable {
        /// The template's text as it is.
        case plain
        /// Lines of `text/event-stream`.
        case eventSource
        /// One text frame.
        case webSocket
    }

    public let framing: Framing
    /// Each message is a chunk of HTTP/1.1's chunked coding.
    public let isChunked: Bool
    let template: MessageTemplate

    public init(template: MessageTemplate, framing: Framing, isChunked: Bool) {
        self.framing = framing
        self.isChunked = isChunked
        // A template that already starts with "data: " is taken as written, also for event sources.
        let isPrefixed = template.source.utf8.starts(with: "data: ".utf8)
        if framing == .eventSource, !isPrefixed {
            self.template = MessageTemplate("data: " + (template.source.isEmpty ? "~text~" : template.source) + "\n")
        } else {
            self.template = template
        }
    }

    /// The bytes that a subscriber gets for a message, chunk framing included.
    public func encode(_ message: Message) -> [UInt8] {
        let body = encodeBody(message)
        return isChunked ? ChunkedCoding.chunk(body) : body
    }

    /// The bytes without chunk framing.
    public func encodeBody(_ message: Message) -> [UInt8] {
        switch framing {
        case .plain: template.render(message)
        case .webSocket: WebSocketFrame.encode(.text, payload: template.render(message))
        case .eventSource: eventSourceLines(message)
        }
    }

    private func eventSourceLines(_ message: Message) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(message.text.count + 256)
        if let eventID = message.eventID {
            output += "id: ".utf8
            output += eventID
            output.append(UInt8(ascii: "\n"))
        }
        if let eventType = message.eventType {
            output += "event: ".utf8
            output += eventType
            output.append(UInt8(ascii: "\n"))
        }
        // A line break inside a data field would end it, so each line of the text becomes a field of its own.
        if !message.text.isEmpty, !message.text.contains(where: LineSplitting.isLineBreak) {
            template.render(message, text: message.text[...], into: &output)
        } else {
            for line in LineSplitting.lines(message.text) { template.render(message, text: line, into: &output) }
        }
        output.append(UInt8(ascii: "\n"))
        return output
    }
}

public enum LineSplitting {
    /// The lines of a text, without empty ones; CR, LF and CRLF end a line.
    public static func lines(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        text.split(whereSeparator: isLineBreak)
    }

    static func isLineBreak(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }
}

/// Header and footer templates as each transport sends them.
public enum FrameTemplates {
    /// Each line as a comment of the event stream; a text that starts with `: ` is taken as written.
    public static func eventSourceComment(_ text: String) -> [UInt8] {
        if text.utf8.starts(with: ": ".utf8) { return Array(text.utf8) }
        return LineSplitting.lines(Array(text.utf8)).flatMap { Array(": ".utf8) + $0 + [UInt8(ascii: "\n")] }
    }

    /// What an event source gets at its start when no header template is set.
    public static let defaultEventSourceHeader = Array(": \n".utf8)
    /// A ping of an event source.
    public static let eventSourcePing = Array(": -1\n".utf8)
}

public enum ChunkedCoding {
    public static let lastChunk = Array("0\r\n\r\n".utf8)

    /// `body` as one chunk; an empty one gives nothing, because an empty chunk would end the stream.
    public static func chunk(_ body: [UInt8]) -> [UInt8] {
        if body.isEmpty { return [] }
        var output: [UInt8] = []
        output.reserveCapacity(body.count + 20)
        output += String(body.count, radix: 16).utf8
        output += "\r\n".utf8
        output += body
        output += "\r\n".utf8
        return output
    }
}
