import Foundation

/// The status line and the header fields of a response, in the order in which they came.
public struct ResponseHead: Sendable {
    public var status: Int
    public var reason: String
    public var minorVersion: Int
    public var fields: [(name: String, value: String)]

    /// The value of the only field of that name; `nil` when there is none.
    public subscript(name: String) -> String? {
        self.fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    public func contains(_ name: String) -> Bool { self[name] != nil }

    /// Reads `HTTP/1.x NNN Reason` and the field lines, without the empty line that ends them.
    init(parsing bytes: ArraySlice<UInt8>) throws {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw HTTPError.malformed("head is not UTF-8") }
        var lines = text.components(separatedBy: "\r\n")
        let statusLine = lines.removeFirst()
        let parts = statusLine.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0] == "HTTP/1.1" || parts[0] == "HTTP/1.0", parts[1].count == 3, let status = Int(parts[1])
        else { throw HTTPError.malformed("status line '\(statusLine)'") }
        self.status = status
        self.minorVersion = parts[0] == "HTTP/1.1" ? 1 : 0
        self.reason = parts.count == 3 ? String(parts[2]) : ""
        self.fields = try lines.map { line in
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex,
                line[..<colon].allSatisfy({ $0 != " " && $0 != "\t" }), !line.contains("\n"), !line.contains("\r")
            else { throw HTTPError.malformed("header line '\(line)'") }
            return (String(line[..<colon]), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
        }
    }
}

/// A whole response.
public struct HTTPResponse: Sendable {
    public var head: ResponseHead
    public var body: [UInt8]

    public var status: Int { self.head.status }
    public var text: String { String(decoding: self.body, as: UTF8.self) }

    public func json<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(self.body))
        } catch {
            throw HTTPError.malformed("body is no \(Value.self): \(self.text.prefix(500)) (\(error))")
        }
    }
}

public enum HTTPError: Error, CustomStringConvertible {
    /// The server broke the protocol.
    case malformed(String)
    /// The connection ended before the response did.
    case truncated(String)
    /// A subscription was refused.
    case status(Int, body: String)

    public var description: String {
        switch self {
        case .malformed(let what): return "malformed response: \(what)"
        case .truncated(let what): return "the connection ended within \(what)"
        case .status(let status, let body): return "status \(status): \(body.prefix(500))"
        }
    }
}

/// A request, written as it stands.
public struct HTTPRequest: Sendable {
    public var method: String
    /// Path and query, percent-encoded.
    public var target: String
    public var fields: [(name: String, value: String)]
    public var body: [UInt8]

    public init(_ method: String, _ target: String, fields: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
    }

    public init(_ method: String, _ target: String, fields: [(name: String, value: String)] = [], text: String) {
        self.init(method, target, fields: fields, body: Array(text.utf8))
    }

    /// The request's bytes; `Host` and `Content-Length` are added unless given.
    public var bytes: [UInt8] {
        var head = "\(self.method) \(self.target) HTTP/1.1\r\n"
        func has(_ name: String) -> Bool { self.fields.contains { $0.name.lowercased() == name } }
        if !has("host") { head += "Host: localhost\r\n" }
        if !has("content-length"), !has("transfer-encoding"),
            !self.body.isEmpty || ["POST", "PUT", "PATCH"].contains(self.method)
        {
            head += "Content-Length: \(self.body.count)\r\n"
        }
        for field in self.fields { head += "\(field.name): \(field.value)\r\n" }
        return Array((head + "\r\n").utf8) + self.body
    }
}
