import Foundation

/// Where a poller stands: what it sends as `If-Modified-Since` and `If-None-Match`.
public struct PollPosition: Sendable, Equatable {
    public var lastModified: String
    public var etag: String

    public init(lastModified: String, etag: String) {
        self.lastModified = lastModified
        self.etag = etag
    }

    /// At this message: what follows is newer.
    public init(_ message: PushMessage) {
        self.init(lastModified: message.time, etag: message.tag)
    }

    /// From the header fields of an answer; `nil` when it has none.
    public init?(_ head: ResponseHead) {
        guard let lastModified = head["Last-Modified"], let etag = head["Etag"] else { return nil }
        self.init(lastModified: lastModified, etag: etag)
    }

    /// For clients that cannot set header fields.
    public var query: String {
        "time=\(self.lastModified.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")&tag=\(self.etag)"
    }

    var fields: [(name: String, value: String)] {
        [("If-Modified-Since", self.lastModified), ("If-None-Match", self.etag)]
    }
}

/// Asks again and again from where the last answer stood: by long polls of `/lp`, or by polls of `/ev`, which are answered at once.
public actor PollingClient: Subscriber {
    public enum Mode: Sendable {
        case longPolling
        /// `X-Nginx-PushStream-Mode: polling`: 304 when there is nothing. A location for long polls stays one with it, as in the module.
        case polling
    }

    private let endpoint: Endpoint
    private let channels: String
    private let mode: Mode
    private var connection: HTTPConnection?
    private var pending: [PushMessage] = []
    public private(set) var position: PollPosition?

    public init(_ endpoint: Endpoint, channels: String, mode: Mode = .longPolling, from position: PollPosition? = nil) {
        self.endpoint = endpoint
        self.channels = channels
        self.mode = mode
        self.position = position
    }

    /// One request and its answer; moves the position.
    public func poll(within limit: Duration = .seconds(60)) async throws -> HTTPResponse {
        var fields: [(name: String, value: String)] = []
        if self.mode == .polling { fields.append(("X-Nginx-PushStream-Mode", "polling")) }
        if let position { fields += position.fields }
        let location = self.mode == .polling ? "/ev" : "/lp"
        let request = HTTPRequest("GET", "\(location)/\(self.channels)", fields: fields)
        let connection = try await self.open()
        let response = try await connection.response(to: request, within: limit)
        if response.head["Connection"]?.lowercased() == "close" || response.head.minorVersion == 0 {
            connection.close()
            self.connection = nil
        }
        if let position = PollPosition(response.head) { self.position = position }
        return response
    }

    /// Messages of one answer: JSON objects, one after the other or one a line.
    public func messages(within limit: Duration = .seconds(60)) async throws -> [PushMessage] {
        let response = try await self.poll(within: limit)
        switch response.status {
        case 304: return []
        case 200: return try Self.messages(in: response.text)
        default: throw HTTPError.status(response.status, body: response.text)
        }
    }

    public func next(within limit: Duration) async throws -> PushMessage {
        let deadline = ContinuousClock.now + limit
        while self.pending.isEmpty {
            let remaining = deadline - .now
            guard remaining > .zero else { throw ConnectionError.deadlineExceeded(after: limit) }
            self.pending = try await self.messages(within: remaining)
        }
        return self.pending.removeFirst()
    }

    public nonisolated func close() {
        // The connection closes with the client.
    }

    private func open() async throws -> HTTPConnection {
        if let connection { return connection }
        let connection = try await HTTPConnection(to: self.endpoint)
        self.connection = connection
        return connection
    }

    /// Splits objects by their braces: texts are percent-encoded, so that none contains a brace. What stands before an object are the
    /// fields of an event.
    static func messages(in body: String) throws -> [PushMessage] {
        try body.split(separator: "}").compactMap { part in
            let object = part.drop { $0 != "{" }
            return object.isEmpty ? nil : try PushMessage(json: object + "}")
        }
    }
}

/// `/jsonp`: one answer is a call of the given function with an array of messages.
public enum JSONPClient {
    public static func messages(
        _ endpoint: Endpoint, channels: String, callback: String = "receive", from position: PollPosition? = nil
    ) async throws -> [PushMessage] {
        let connection = try await HTTPConnection(to: endpoint)
        defer { connection.close() }
        var target = "/jsonp/\(channels)\(channels.contains("?") ? "&" : "?")callback=\(callback)"
        // A script element cannot set header fields.
        if let position { target += "&\(position.query)" }
        let response = try await connection.response(to: HTTPRequest("GET", target))
        guard response.status == 200 else { throw HTTPError.status(response.status, body: response.text) }
        guard let type = response.head["Content-Type"], type.contains("javascript") else {
            throw TransportError.malformed("Content-Type '\(response.head["Content-Type"] ?? "absent")' of a script")
        }
        let text = response.text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard text.hasPrefix("\(callback)(["), text.hasSuffix("]);") else {
            throw TransportError.malformed("script '\(text.prefix(500))'")
        }
        let array = text.dropFirst(callback.count + 2).dropLast(3)
        return try array.split(separator: "}").map { part in
            try PushMessage(json: part.drop { $0 == "," || $0.isWhitespace } + "}")
        }
    }
}
