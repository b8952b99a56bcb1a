import Foundation

/// A message as a subscriber receives it.
public struct PushMessage: Sendable, Equatable, Decodable {
    /// Counts the channel's messages from 1.
    public var id: Int
    public var channel: String
    /// Percent-encoded, as it travels.
    public var text: String
    public var tag: String
    /// An HTTP date.
    public var time: String
    public var eventID: String

    public init(id: Int, channel: String, text: String, tag: String, time: String, eventID: String) {
        self.id = id
        self.channel = channel
        self.text = text
        self.tag = tag
        self.time = time
        self.eventID = eventID
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case id, channel, text, tag, time
        case eventID = "eventid"
    }

    /// Reads the JSON of one message, which holds these six keys and no other.
    public init(json: String) throws {
        let data = Data(json.utf8)
        guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw TransportError.malformed("not a JSON object: \(json.prefix(500))")
        }
        guard Set(object.keys) == Set(CodingKeys.allCases.map(\.rawValue)) else {
            throw TransportError.malformed("keys \(object.keys.sorted()) in \(json.prefix(500))")
        }
        do {
            self = try JSONDecoder().decode(PushMessage.self, from: data)
        } catch {
            throw TransportError.malformed("\(error) in \(json.prefix(500))")
        }
    }

    /// The text as it was published.
    public var content: String? { self.text.removingPercentEncoding }
}

/// A subscription broke the rules of its transport.
public enum TransportError: Error, CustomStringConvertible {
    case malformed(String)
    /// The server ended the subscription.
    case ended

    public var description: String {
        switch self {
        case .malformed(let what): return "malformed message: \(what)"
        case .ended: return "the server ended the subscription"
        }
    }
}

/// A subscription that gives one message after the other.
public protocol Subscriber: Sendable {
    /// The next message; `TransportError.ended` when the server ended the subscription.
    func next(within limit: Duration) async throws -> PushMessage
    func close()
}

extension Subscriber {
    public func next() async throws -> PushMessage { try await self.next(within: .seconds(60)) }

    public func next(_ count: Int, within limit: Duration = .seconds(60)) async throws -> [PushMessage] {
        var messages: [PushMessage] = []
        while messages.count < count {
            do {
                messages.append(try await self.next(within: limit))
            } catch {
                throw MissingMessages(expected: count, received: messages, cause: error)
            }
        }
        return messages
    }
}

/// Fewer messages came than were awaited.
public struct MissingMessages: Error, CustomStringConvertible {
    public let expected: Int
    public let received: [PushMessage]
    public let cause: any Error

    public var description: String {
        "\(self.received.count) of \(self.expected) messages came, then: \(self.cause); "
            + "they were \(self.received.suffix(5).map { "\($0.channel)/\($0.id)/\($0.text.prefix(40))" })"
    }
}
