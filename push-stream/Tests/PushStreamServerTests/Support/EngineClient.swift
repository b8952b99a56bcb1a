/// What tests ask of a server on a port of 127.0.0.1, whether its engine is in this process or in a program.
protocol EngineClient: Sendable {
    var port: Int { get }
}

/// A program's server.
struct ProgramClient: EngineClient {
    var port: Int
}

extension EngineClient {
    func connect(reads: Bool = true) async throws -> RawClient { try await RawClient(port: port, reads: reads) }

    /// Sends one request on a new connection and waits until the server closes it.
    func exchange(_ request: String) async throws -> String {
        let client = try await connect()
        try await client.send(request)
        let answer = try await client.waitForClose()
        await client.close()
        return answer
    }

    func get(_ target: String, fields: String = "") async throws -> String {
        try await exchange("GET \(target) HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\(fields)\r\n")
    }

    @discardableResult
    func publish(_ text: String, to channel: String, eventID: String? = nil, fields: String = "") async throws -> String {
        let event = eventID.map { "Event-Id: \($0)\r\n" } ?? ""
        return try await exchange(
            "POST /pub?id=\(channel) HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\(event)\(fields)"
                + "Content-Length: \(text.utf8.count)\r\n\r\n\(text)")
    }

    /// A subscriber whose stream has begun.
    func subscribe(_ target: String, fields: String = "", started: String = "\r\n\r\n") async throws -> RawClient {
        let client = try await connect()
        try await client.send("GET \(target) HTTP/1.1\r\nHost: t\r\n\(fields)\r\n")
        try await client.wait(for: started)
        return client
    }

    /// Waits until the statistics' summary counts this many subscribers.
    func waitForSubscribers(_ count: Int) async throws {
        let end = ContinuousClock.now + .seconds(60)
        var summary = ""
        repeat {
            summary = try await get("/stats")
            if summary.contains("\"subscribers\": \(count), \"uptime\": ") { return }
        } while ContinuousClock.now < end
        throw RawClient.DeadlineExceeded(received: summary)
    }
}
