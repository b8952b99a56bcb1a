/// One event of a `text/event-stream`.
public struct ServerSentEvent: Sendable, Equatable {
    /// The `id:` field; `nil` when the event had none.
    public var id: String?
    public var event: String?
    /// The `data:` lines, joined by a newline; `nil` when the event had none.
    public var data: String?

    public init(id: String? = nil, event: String? = nil, data: String? = nil) {
        self.id = id
        self.event = event
        self.data = data
    }
}

/// Reads the lines of a `text/event-stream`, as the HTML standard says, but refuses fields that it does not know.
public struct ServerSentEventParser: Sendable {
    /// Comment lines so far, without their colon.
    public private(set) var comments: [String] = []
    private var line: [UInt8] = []
    private var current = ServerSentEvent()

    public init() {}

    public mutating func feed(_ bytes: some Sequence<UInt8>) throws -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                self.line.append(byte)
                continue
            }
            if self.line.last == UInt8(ascii: "\r") { self.line.removeLast() }
            if self.line.isEmpty {
                if self.current != ServerSentEvent() { events.append(self.current) }
                self.current = ServerSentEvent()
            } else {
                try self.interpret()
            }
            self.line = []
        }
        return events
    }

    private mutating func interpret() throws {
        guard let text = String(validating: self.line, as: UTF8.self) else {
            throw TransportError.malformed("a line of the event stream is not UTF-8")
        }
        if text.hasPrefix(":") {
            self.comments.append(String(text.dropFirst()))
            return
        }
        guard let colon = text.firstIndex(of: ":") else { throw TransportError.malformed("event stream line '\(text)'") }
        var value = text[text.index(after: colon)...]
        if value.first == " " { value = value.dropFirst() }
        switch text[..<colon] {
        case "id": self.current.id = String(value)
        case "event": self.current.event = String(value)
        case "data": self.current.data = self.current.data.map { "\($0)\n\(value)" } ?? String(value)
        default: throw TransportError.malformed("event stream line '\(text)'")
        }
    }
}
