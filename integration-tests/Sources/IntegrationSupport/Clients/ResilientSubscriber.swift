import PushTestSupport

/// An EventSource that reconnects with the last event id whenever its connection ends, as browsers do.
public actor ResilientSubscriber {
    private let endpoint: Endpoint
    private let channels: String
    private var client: EventSourceClient?
    private var lastEventID: String?
    /// Everything received, repetitions included.
    public private(set) var messages: [PushMessage] = []
    public private(set) var connections = 0
    /// How far it was whenever a connection ended: the id of the last message before that.
    public private(set) var departures: [String?] = []

    public init(_ endpoint: Endpoint, channels: String) {
        self.endpoint = endpoint
        self.channels = channels
    }

    public func connect() async throws {
        self.client = try await EventSourceClient(self.endpoint, channels: self.channels, lastEventID: self.lastEventID)
        self.connections += 1
    }

    /// Receives until a message has the given content.
    ///
    /// - Parameters:
    ///   - limit: for each message, the time of all reconnects included.
    ///   - received: called with each message.
    public func receive(
        until content: String, within limit: Duration, _ received: @Sendable (PushMessage) -> Void
    ) async throws {
        while true {
            let message = try await self.next(within: limit)
            self.messages.append(message)
            received(message)
            if message.content == content { return }
        }
    }

    private func next(within limit: Duration) async throws -> PushMessage {
        let deadline = ContinuousClock.now + limit
        while true {
            let remaining = deadline - .now
            guard remaining > .zero else { throw ConnectionError.deadlineExceeded(after: limit) }
            if let client {
                do {
                    let message = try await client.next(within: remaining)
                    self.lastEventID = message.eventID
                    return message
                } catch  where Self.isDisconnect(error) {
                    client.close()
                    self.client = nil
                    self.departures.append(self.lastEventID)
                }
            }
            try await eventually(within: remaining, "a connection to \(self.endpoint)") {
                do {
                    try await self.connect()
                    return true
                } catch  where Self.isDisconnect(error) {
                    return false
                }
            }
        }
    }

    private static func isDisconnect(_ error: any Error) -> Bool {
        switch error {
        case TransportError.ended, ConnectionError.broken, HTTPError.truncated: return true
        default: return false
        }
    }
}
