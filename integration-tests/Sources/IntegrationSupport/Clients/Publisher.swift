import Foundation

/// Name and password of push-api.
public struct Credentials: Sendable, Equatable {
    public var user: String
    public var password: String

    public init(user: String, password: String) {
        self.user = user
        self.password = password
    }

    public var authorization: String {
        "Basic " + Data("\(self.user):\(self.password)".utf8).base64EncodedString()
    }
}

/// A client of push-api on one connection that is kept.
public actor Publisher {
    private let endpoint: Endpoint
    private let credentials: Credentials?
    private var connection: HTTPConnection?

    public init(_ endpoint: Endpoint, credentials: Credentials?) {
        self.endpoint = endpoint
        self.credentials = credentials
    }

    private struct MessageBody: Encodable {
        var channels: [String]
        var content: String
    }

    /// Publishes and awaits the acknowledgement.
    ///
    /// - Returns: the event ids, one for each channel in the given order.
    @discardableResult
    public func publish(
        _ content: String, to channels: [String], within limit: Duration = .seconds(60), isPatient: Bool = true
    ) async throws -> [String] {
        let body = try JSONEncoder().encode(MessageBody(channels: channels, content: content))
        let response = try await self.send("POST", "/api/v1/messages", json: Array(body), within: limit, isPatient: isPatient)
        guard response.status == 204 else { throw HTTPError.status(response.status, body: response.text) }
        guard let field = response.head["X-Push-Message-Id"] else {
            throw HTTPError.malformed("204 without X-Push-Message-Id: \(response.head.fields)")
        }
        let ids = field.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        guard ids.count == channels.count else {
            throw HTTPError.malformed("X-Push-Message-Id '\(field)' for channels \(channels)")
        }
        return ids
    }

    /// Publishes to one channel and returns the event id.
    @discardableResult
    public func publish(
        _ content: String, to channel: String, within limit: Duration = .seconds(60), isPatient: Bool = true
    ) async throws -> String {
        try await self.publish(content, to: [channel], within: limit, isPatient: isPatient)[0]
    }

    /// Sends a request with the credentials. After an error the next request uses a new connection.
    ///
    /// - Parameter isPatient: whether it is sent again while the answer is 503 with a `Retry-After`, which says that nothing was done: on
    ///   a busy machine Redis may answer push-api too late.
    public func send(
        _ method: String, _ target: String, json: [UInt8]? = nil, fields: [(name: String, value: String)] = [],
        within limit: Duration = .seconds(60), isPatient: Bool = true
    ) async throws -> HTTPResponse {
        let deadline = ContinuousClock.now + limit
        while true {
            let response = try await self.sendOnce(method, target, json: json, fields: fields, within: limit)
            guard isPatient, response.status == 503, response.head["Retry-After"] != nil, .now < deadline else { return response }
        }
    }

    private func sendOnce(
        _ method: String, _ target: String, json: [UInt8]?, fields: [(name: String, value: String)], within limit: Duration
    ) async throws -> HTTPResponse {
        var all = fields
        if let credentials { all.append(("Authorization", credentials.authorization)) }
        if json != nil { all.append(("Content-Type", "application/json")) }
        do {
            let connection = try await self.open()
            let request = HTTPRequest(method, target, fields: all, body: json ?? [])
            let response = try await connection.response(to: request, within: limit)
            if response.head["Connection"]?.lowercased() == "close" { self.disconnect() }
            return response
        } catch {
            self.disconnect()
            throw error
        }
    }

    public func send(_ method: String, _ target: String, json: String) async throws -> HTTPResponse {
        try await self.send(method, target, json: Array(json.utf8))
    }

    private func open() async throws -> HTTPConnection {
        if let connection { return connection }
        let connection = try await HTTPConnection(to: self.endpoint)
        self.connection = connection
        return connection
    }

    private func disconnect() {
        self.connection?.close()
        self.connection = nil
    }
}
