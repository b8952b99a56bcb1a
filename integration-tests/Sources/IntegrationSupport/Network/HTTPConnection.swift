import NIOCore

/// An HTTP/1.1 client connection that accepts only well-formed responses. One request at a time.
public actor HTTPConnection {
    private let connection: TCPConnection
    private var buffer: [UInt8] = []
    /// Where the unread part of `buffer` starts.
    private var position = 0
    private var framing = Framing.none
    /// Whether the peer has closed and all it sent has been moved to `buffer`.
    private var ended = false

    private enum Framing {
        /// Between responses.
        case none
        case length(Int)
        case chunked
        case untilClose
    }

    public init(to endpoint: Endpoint) async throws {
        self.connection = try await TCPConnection.connect(to: endpoint)
    }

    public nonisolated func close() { self.connection.close() }

    /// The bytes below HTTP, for WebSocket frames and for clients that do not read.
    public nonisolated var raw: TCPConnection { self.connection }

    public func send(_ request: HTTPRequest) async throws {
        try await self.connection.send(request.bytes)
    }

    /// Sends a request and reads the whole response.
    public func response(to request: HTTPRequest, within limit: Duration = .seconds(60)) async throws -> HTTPResponse {
        try await self.send(request)
        return try await self.response(to: request.method, within: limit)
    }

    /// Reads the next whole response, whose request had the given method.
    public func response(to method: String, within limit: Duration = .seconds(60)) async throws -> HTTPResponse {
        let head = try await self.head(to: method, within: limit)
        var body: [UInt8] = []
        while let part = try await self.bodyPart(within: limit) { body += part }
        return HTTPResponse(head: head, body: body)
    }

    /// Reads the next response's head; its body follows by ``bodyPart(within:)``.
    public func head(to method: String = "GET", within limit: Duration = .seconds(60)) async throws -> ResponseHead {
        while true {
            if let end = self.find([13, 10, 13, 10]) {
                let head = try ResponseHead(parsing: self.buffer[self.position..<end])
                self.position = end + 4
                if head.status == 100 { continue }
                self.framing = try Self.framing(of: head, method: method)
                return head
            }
            guard try await self.receive(within: limit) else {
                throw HTTPError.truncated(
                    "the response's head: '\(String(decoding: self.buffer[self.position...], as: UTF8.self))'")
            }
        }
    }

    /// The next bytes of the body, at least one; `nil` at its end.
    public func bodyPart(within limit: Duration = .seconds(60)) async throws -> [UInt8]? {
        switch self.framing {
        case .none:
            return nil
        case .length(let remaining):
            guard remaining > 0 else {
                self.framing = .none
                return nil
            }
            guard let part = try await self.take(upTo: remaining, within: limit) else { throw HTTPError.truncated("a body") }
            self.framing = .length(remaining - part.count)
            return part
        case .untilClose:
            if let part = try await self.take(upTo: .max, within: limit) { return part }
            self.framing = .none
            return nil
        case .chunked:
            return try await self.chunk(within: limit)
        }
    }

    /// All that follows, not interpreted, at least one byte; `nil` when the server has closed.
    public func bytes(within limit: Duration = .seconds(60)) async throws -> [UInt8]? {
        try await self.take(upTo: .max, within: limit)
    }

    private func chunk(within limit: Duration) async throws -> [UInt8]? {
        let line = try await self.line(within: limit)
        // The servers under test send no chunk extensions; one that appears is a fault.
        guard !line.isEmpty, line.count <= 8, let size = Int(line, radix: 16), line.first != "-", line.first != "+" else {
            throw HTTPError.malformed("chunk size '\(line)'")
        }
        while self.buffer.count - self.position < size + 2 {
            guard try await self.receive(within: limit) else { throw HTTPError.truncated("a chunk") }
        }
        let part = Array(self.buffer[self.position..<self.position + size])
        self.position += size
        guard self.buffer[self.position] == 13, self.buffer[self.position + 1] == 10 else {
            throw HTTPError.malformed("a chunk is longer than its size")
        }
        self.position += 2
        guard size == 0 else { return part }
        self.framing = .none
        return nil
    }

    private func line(within limit: Duration) async throws -> String {
        while true {
            if let end = self.find([13, 10]) {
                defer { self.position = end + 2 }
                return String(decoding: self.buffer[self.position..<end], as: UTF8.self)
            }
            guard try await self.receive(within: limit) else { throw HTTPError.truncated("a chunked body") }
        }
    }

    private func take(upTo count: Int, within limit: Duration) async throws -> [UInt8]? {
        if self.position == self.buffer.count {
            guard try await self.receive(within: limit) else { return nil }
        }
        let end = count > self.buffer.count - self.position ? self.buffer.count : self.position + count
        defer { self.position = end }
        return Array(self.buffer[self.position..<end])
    }

    private func receive(within limit: Duration) async throws -> Bool {
        guard !self.ended else { return false }
        if self.position > 0 {
            self.buffer.removeFirst(self.position)
            self.position = 0
        }
        guard let bytes = try await self.connection.receive(within: limit) else {
            self.ended = true
            return false
        }
        self.buffer += bytes
        return true
    }

    private func find(_ pattern: [UInt8]) -> Int? {
        var index = self.position
        while index + pattern.count <= self.buffer.count {
            if self.buffer[index] == pattern[0], self.buffer[index..<index + pattern.count].elementsEqual(pattern) {
                return index
            }
            index += 1
        }
        return nil
    }

    private static func framing(of head: ResponseHead, method: String) throws -> Framing {
        if method == "HEAD" || head.status == 204 || head.status == 304 || head.status == 101 { return .none }
        if let encoding = head["Transfer-Encoding"] {
            guard encoding.lowercased() == "chunked", !head.contains("Content-Length") else {
                throw HTTPError.malformed(
                    "Transfer-Encoding '\(encoding)' with Content-Length \(head["Content-Length"] ?? "absent")")
            }
            return .chunked
        }
        if let length = head["Content-Length"] {
            guard let count = Int(length), count >= 0 else { throw HTTPError.malformed("Content-Length '\(length)'") }
            return .length(count)
        }
        return .untilClose
    }
}
