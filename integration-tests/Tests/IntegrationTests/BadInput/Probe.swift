import Foundation
import IntegrationSupport
import Testing

/// Bytes that a server has to refuse, and the answers that are right.
struct Probe: Sendable {
    enum Outcome: Sendable {
        /// One of these status codes.
        case status(Set<Int>)
        /// One of these status codes, or the connection closed without an answer: there is nobody to answer to.
        case statusOrClose(Set<Int>)
    }

    var name: String
    var bytes: [UInt8]
    var outcome: Outcome
    /// Fields that the answer must have.
    var fields: [String: String] = [:]
    /// push-api's code in the JSON of the answer.
    var code: Set<Int> = []
    /// Whether the client closes its sending side after the bytes.
    var finishes = false

    init(_ name: String, _ request: HTTPRequest, _ status: Set<Int>, code: Set<Int> = [], fields: [String: String] = [:]) {
        self.name = name
        self.bytes = request.bytes
        self.outcome = .status(status)
        self.code = code
        self.fields = fields
    }

    init(_ name: String, raw: String, _ outcome: Outcome, finishes: Bool = false) {
        self.init(name, raw: Array(raw.utf8), outcome, finishes: finishes)
    }

    init(_ name: String, raw: [UInt8], _ outcome: Outcome, finishes: Bool = false) {
        self.name = name
        self.bytes = raw
        self.outcome = outcome
        self.finishes = finishes
    }

    private struct ErrorBody: Decodable {
        var code: Int
        var message: String
    }

    /// Sends the bytes on a connection of their own.
    ///
    /// - Returns: what is wrong with the answer, if anything.
    func problem(at endpoint: Endpoint) async -> String? {
        let answer: HTTPResponse
        do {
            let connection = try await HTTPConnection(to: endpoint)
            defer { connection.close() }
            // A server may answer and close before it has read everything.
            try? await connection.raw.send(self.bytes)
            if self.finishes { try? await connection.raw.finishSending() }
            let method = String(decoding: self.bytes.prefix { $0 != 32 }, as: UTF8.self)
            answer = try await connection.response(to: method == "HEAD" ? method : "GET")
        } catch {
            if case .statusOrClose = self.outcome, Self.isClose(error) { return nil }
            return "\(self.name): no answer, but: \(error)"
        }
        let summary = "\(answer.status) \(answer.head.fields.map { "\($0.name): \($0.value)" }) \(answer.text.prefix(200))"
        switch self.outcome {
        case .status(let expected), .statusOrClose(let expected):
            guard expected.contains(answer.status) else {
                return "\(self.name): not \(expected.sorted().prefix(4)), but \(summary)"
            }
        }
        for (name, value) in self.fields {
            guard let actual = answer.head[name], Self.sameMethods(actual, value) else {
                return "\(self.name): not \(name): \(value), but \(summary)"
            }
        }
        if !self.code.isEmpty {
            guard let body = try? answer.json(ErrorBody.self), self.code.contains(body.code), !body.message.isEmpty else {
                return "\(self.name): not code \(self.code.sorted()), but \(summary)"
            }
        }
        return nil
    }

    private static func isClose(_ error: any Error) -> Bool {
        switch error {
        case ConnectionError.broken, HTTPError.truncated: return true
        default: return false
        }
    }

    /// Whether two lists name the same methods; HEAD and OPTIONS, which a server may answer by itself, do not count.
    private static func sameMethods(_ one: String, _ other: String) -> Bool {
        func members(_ list: String) -> Set<String> {
            Set(list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }).subtracting(["HEAD", "OPTIONS"])
        }
        return members(one) == members(other)
    }
}

/// What no HTTP server may accept, whatever it serves.
enum HostileHTTP {
    private static let refused = Probe.Outcome.status(Set(400...431))
    private static let refusedOrClosed = Probe.Outcome.statusOrClose(Set(400...431).union([501, 505]))

    /// - Parameters:
    ///   - target: of a POST that would be accepted with `body`.
    ///   - fields: header lines that it needs, each with its line end.
    static func probes(posting body: String, to target: String, fields: String) -> [Probe] {
        let head = "POST \(target) HTTP/1.1\r\nHost: localhost\r\n\(fields)"
        let length = body.utf8.count
        let complete = "Content-Length: \(length)\r\n\r\n\(body)"
        var probes = [
            Probe("64 KB header line", raw: "\(head)X-Long: \(String(repeating: "x", count: 65_536))\r\n\(complete)", refused),
            Probe("64 KB header name", raw: "\(head)\(String(repeating: "x", count: 65_536)): y\r\n\(complete)", refused),
            Probe("10,000 header lines", raw: head + (0..<10_000).map { "X-\($0): y\r\n" }.joined() + complete, refused),
            Probe("64 KB target", raw: "GET /\(String(repeating: "x", count: 65_536)) HTTP/1.1\r\nHost: a\r\n\r\n", refused),
            Probe("endless request line", raw: String(repeating: "A", count: 200_000), refusedOrClosed),
            Probe("Content-Length is no number", raw: "\(head)Content-Length: abc\r\n\r\n\(body)", refused),
            Probe("Content-Length is negative", raw: "\(head)Content-Length: -5\r\n\r\n\(body)", refused),
            Probe("Content-Length overflows", raw: "\(head)Content-Length: 99999999999999999999999\r\n\r\n\(body)", refused),
            Probe("two different Content-Lengths", raw: "\(head)Content-Length: 3\r\n\(complete)", refused),
            Probe(
                "Content-Length and chunks",
                raw:
                    "\(head)Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n\(String(length, radix: 16))\r\n\(body)\r\n0\r\n\r\n",
                refused),
            Probe(
                "chunk size is no number", raw: "\(head)Transfer-Encoding: chunked\r\n\r\nzz\r\n\(body)\r\n0\r\n\r\n",
                refusedOrClosed),
            Probe(
                "chunk size overflows",
                raw: "\(head)Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n\(body)\r\n0\r\n\r\n",
                refusedOrClosed),
            Probe("unknown transfer coding", raw: "\(head)Transfer-Encoding: sideways\r\n\r\n\(body)", refusedOrClosed),
            Probe("header line without a colon", raw: "\(head)nonsense\r\n\(complete)", refused),
            Probe("blank before the colon", raw: "\(head)Content-Length : \(length)\r\n\r\n\(body)", refused),
            Probe("zero byte in a header line", raw: "\(head)X-Zero: a\0b\r\n\(complete)", refused),
            Probe(
                "TLS to a plain port",
                raw: [0x16, 0x03, 0x01, 0x00, 0xA5, 0x01, 0x00, 0x00, 0xA1, 0x03, 0x03] + [UInt8](repeating: 7, count: 160),
                refusedOrClosed),
            Probe("no HTTP at all", raw: "hello\r\n\r\n", refusedOrClosed),
            Probe(
                "binary noise", raw: (0..<4096).map { _ in UInt8.random(in: 0...255) } + Array("\r\n\r\n".utf8), refusedOrClosed),
            Probe(
                "HTTP version of another world", raw: "POST \(target) HTTP/9.9\r\nHost: a\r\n\(fields)\(complete)",
                refusedOrClosed),
        ]
        for cut in [1, head.utf8.count / 2, head.utf8.count, head.utf8.count + complete.utf8.count - 1] {
            let part = String(decoding: Array((head + complete).utf8.prefix(cut)), as: UTF8.self)
            probes.append(Probe("truncated after \(cut) bytes", raw: part, refusedOrClosed, finishes: true))
        }
        return probes
    }
}
