/// A browser's `EventSource` on `/ev`.
public actor EventSourceClient: Subscriber {
    private let connection: HTTPConnection
    private var parser = ServerSentEventParser()
    private var pending: [ServerSentEvent] = []
    /// Of the response to the subscription.
    public let head: ResponseHead
    /// The id of the last event, which a reconnect sends.
    public private(set) var lastEventID: String?

    /// - Parameter channels: the part of the path after `/ev/`, such as `a/b.b5`, with its query if it has one.
    /// - Throws: `HTTPError.status` when the subscription is refused.
    public init(
        _ endpoint: Endpoint, channels: String, lastEventID: String? = nil, fields: [(name: String, value: String)] = []
    ) async throws {
        self.connection = try await HTTPConnection(to: endpoint)
        var fields = [(name: "Accept", value: "text/event-stream")] + fields
        if let lastEventID { fields.append(("Last-Event-ID", lastEventID)) }
        try await self.connection.send(HTTPRequest("GET", "/ev/\(channels)", fields: fields))
        let head = try await self.connection.head()
        guard head.status == 200 else {
            var body: [UInt8] = []
            while let part = try await self.connection.bodyPart() { body += part }
            throw HTTPError.status(head.status, body: String(decoding: body, as: UTF8.self))
        }
        guard let type = head["Content-Type"], type.hasPrefix("text/event-stream") else {
            throw TransportError.malformed("Content-Type '\(head["Content-Type"] ?? "absent")' of an event stream")
        }
        self.head = head
        self.lastEventID = lastEventID
    }

    public var comments: [String] { self.parser.comments }

    /// The next event that carries data.
    public func nextEvent(within limit: Duration = .seconds(60)) async throws -> ServerSentEvent {
        while self.pending.isEmpty {
            guard let bytes = try await self.connection.bodyPart(within: limit) else { throw TransportError.ended }
            self.pending += try self.parser.feed(bytes).filter { $0.data != nil }
        }
        let event = self.pending.removeFirst()
        if let id = event.id { self.lastEventID = id }
        return event
    }

    public func next(within limit: Duration) async throws -> PushMessage {
        let event = try await self.nextEvent(within: limit)
        let message = try PushMessage(json: event.data ?? "")
        // A message that was published without an event id has none in its data either.
        guard event.id ?? "" == message.eventID else {
            throw TransportError.malformed("the event's id is '\(event.id ?? "absent")', its data says '\(message.eventID)'")
        }
        return message
    }

    public nonisolated func close() { self.connection.close() }
}
