import Foundation

/// The hidden iframe on `/sub`: an endless page whose scripts call `p(id,'channel','text','eventid','time','tag')`.
public actor StreamingClient: Subscriber {
    private let connection: HTTPConnection
    private var unread = ""
    /// Bytes of a character that has not arrived whole.
    private var partial: [UInt8] = []
    public let head: ResponseHead

    public init(_ endpoint: Endpoint, channels: String) async throws {
        self.connection = try await HTTPConnection(to: endpoint)
        try await self.connection.send(HTTPRequest("GET", "/sub/\(channels)"))
        self.head = try await self.connection.head()
        guard self.head.status == 200 else { throw HTTPError.status(self.head.status, body: "") }
        guard let type = self.head["Content-Type"], type.hasPrefix("text/html") else {
            throw TransportError.malformed("Content-Type '\(self.head["Content-Type"] ?? "absent")' of a page")
        }
        // The page begins with the script that registers the iframe; messages follow its body tag.
        while !self.unread.contains("<body>") { try await self.receive(within: .seconds(60)) }
        guard self.unread.contains("parent.PushStream.register(") else {
            throw TransportError.malformed("the page's head is \(self.unread)")
        }
        if let body = self.unread.range(of: "<body>") { self.unread.removeSubrange(..<body.upperBound) }
    }

    public func next(within limit: Duration) async throws -> PushMessage {
        while true {
            self.unread = String(self.unread.drop { $0.isNewline })
            if let end = self.unread.range(of: "</script>") {
                let script = String(self.unread[..<end.upperBound])
                self.unread.removeSubrange(..<end.upperBound)
                // A ping has the id -1.
                if let message = try Self.message(script), message.id >= 0 { return message }
                continue
            }
            try await self.receive(within: limit)
        }
    }

    public nonisolated func close() { self.connection.close() }

    private func receive(within limit: Duration) async throws {
        guard let bytes = try await self.connection.bodyPart(within: limit) else { throw TransportError.ended }
        guard let text = String(validating: self.partial + bytes, as: UTF8.self) else {
            self.partial += bytes
            return
        }
        self.partial = []
        self.unread += text
    }

    /// - Throws: when the script is not exactly one call of `p` with quoted arguments.
    private static func message(_ script: String) throws -> PushMessage? {
        let pattern = /^<script>p\((-?\d+),'([^'\\]*)','([^'\\]*)','([^'\\]*)','([^'\\]*)','([^'\\]*)'\);<\/script>$/
        guard let match = script.wholeMatch(of: pattern), let id = Int(match.1) else {
            throw TransportError.malformed("script '\(script.prefix(500))'")
        }
        return PushMessage(
            id: id, channel: String(match.2), text: String(match.3), tag: String(match.6), time: String(match.5),
            eventID: String(match.4))
    }
}
