import Foundation
import NIOCore
import NIOPosix
import PushTestSupport

/// One HTTP response.
struct HTTPAnswer: Sendable {
    let status: Int
    /// Names in lower case.
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: self.body, as: UTF8.self) }

    /// The `code` of an error's body.
    var code: Int? { (try? self.json())?["code"] as? Int }

    var message: String? { (try? self.json())?["message"] as? String }

    func json() throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(self.body)) as? [String: Any] ?? [:]
    }
}

/// An HTTP/1.1 client that sends exactly the bytes it is given.
struct HTTPClient: Sendable {
    static let basic = "Basic " + Data("app:secret".utf8).base64EncodedString()

    let port: Int
    /// The `Authorization` header of ``request(_:_:body:headers:)``.
    var authorization: String? = Self.basic

    struct Malformed: Error {
        let bytes: String
    }

    func request(_ method: String, _ path: String, body: String? = nil, headers: [String] = []) async throws -> HTTPAnswer {
        try await self.request(method, path, bytes: body.map { Array($0.utf8) }, headers: headers)
    }

    func request(_ method: String, _ path: String, bytes: [UInt8]?, headers: [String] = []) async throws -> HTTPAnswer {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: localhost", "Connection: close"] + headers
        if let authorization { lines.append("Authorization: \(authorization)") }
        if let bytes { lines.append("Content-Length: \(bytes.count)") }
        let head = lines.joined(separator: "\r\n") + "\r\n\r\n"
        let answers = try await self.exchange(Array(head.utf8) + (bytes ?? []), hasBody: method != "HEAD")
        guard let answer = answers.first, answers.count == 1 else { throw Malformed(bytes: "\(answers.count) responses") }
        return answer
    }

    /// Sends the bytes and reads responses until the server closes the connection.
    ///
    /// - Parameter closesOutput: Whether the client says that it sends no more, as one does that dies in the middle.
    func exchange(_ bytes: [UInt8], closesOutput: Bool = false, hasBody: Bool = true) async throws -> [HTTPAnswer] {
        let received = try await withDeadline(.seconds(60), "the responses") {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .connect(host: "127.0.0.1", port: self.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
                    }
                }
            return try await channel.executeThenClose { inbound, outbound in
                // A server that has seen enough closes before it has read everything; what it answered counts.
                async let sent: Void? = try? await outbound.write(ByteBuffer(bytes: bytes))
                if closesOutput {
                    await sent
                    outbound.finish()
                }
                var received: [UInt8] = []
                do {
                    for try await buffer in inbound { received += Array(buffer.readableBytesView) }
                } catch is IOError {
                    // A reset after the response.
                }
                await sent
                return received
            }
        }
        return try Self.parse(received, hasBody: hasBody)
    }

    static func parse(_ bytes: [UInt8], hasBody: Bool) throws -> [HTTPAnswer] {
        var answers: [HTTPAnswer] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) else {
                throw Malformed(bytes: String(decoding: rest, as: UTF8.self))
            }
            let lines = String(decoding: rest[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
            rest = rest[end.upperBound...]
            let words = lines[0].split(separator: " ")
            guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
                throw Malformed(bytes: lines[0])
            }
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2 else { throw Malformed(bytes: line) }
                headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
            }
            let length = hasBody && status != 304 ? headers["content-length"].flatMap { Int($0) } ?? 0 : 0
            guard rest.count >= length else { throw Malformed(bytes: "a body that is too short") }
            answers.append(HTTPAnswer(status: status, headers: headers, body: Array(rest.prefix(length))))
            rest = rest.dropFirst(length)
        }
        return answers
    }
}
