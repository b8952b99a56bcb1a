import Foundation
import NIOCore
import NIOPosix

/// A request as it came in.
struct FakeRequest: Sendable {
    var method: String
    var path: String
    /// Names in lower case.
    var headers: [String: String]
    var body: String
}

/// What the server does with a request.
enum FakeAnswer: Sendable {
    case answer(Int, String, headers: [(String, String)] = [])
    /// Closes the connection without a word.
    case close
    /// Says nothing until the client gives up.
    case silence
}

/// An HTTP server on a free port of this machine: the edge at which AWS, or a metadata service, would be.
func withFakeServer<Result: Sendable>(
    _ handler: @escaping @Sendable (FakeRequest) -> FakeAnswer, _ body: @escaping @Sendable (Int) async throws -> Result
) async throws -> Result {
    let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .bind(host: "127.0.0.1", port: 0) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
    let port = server.channel.localAddress?.port ?? 0
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            try await withThrowingDiscardingTaskGroup { connections in
                try await server.executeThenClose { inbound in
                    for try await connection in inbound {
                        // A client that is gone ends its connection, not the server.
                        connections.addTask { try? await serve(connection, handler) }
                    }
                }
            }
        }
        defer { group.cancelAll() }
        return try await body(port)
    }
}

private func serve(
    _ channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>, _ handler: @Sendable (FakeRequest) -> FakeAnswer
) async throws {
    try await channel.executeThenClose { inbound, outbound in
        var received = ""
        for try await buffer in inbound {
            received += String(buffer: buffer)
            while let (request, length) = parse(received) {
                received = String(decoding: Array(received.utf8).dropFirst(length), as: UTF8.self)
                switch handler(request) {
                case .close: return
                case .silence: continue
                case .answer(let status, let text, let headers):
                    var head = "HTTP/1.1 \(status) Status\r\nContent-Length: \(text.utf8.count)\r\n"
                    for (name, value) in headers { head += "\(name): \(value)\r\n" }
                    try await outbound.write(ByteBuffer(string: head + "\r\n" + text))
                }
            }
        }
    }
}

/// The first whole request, and how many bytes it takes.
private func parse(_ text: String) -> (FakeRequest, Int)? {
    guard let end = text.range(of: "\r\n\r\n") else { return nil }
    let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
    let first = lines[0].split(separator: " ").map(String.init)
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
        guard let colon = line.firstIndex(of: ":") else { continue }
        headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    let length = Int(headers["content-length"] ?? "0") ?? 0
    let body = Array(text[end.upperBound...].utf8)
    guard body.count >= length else { return nil }
    let head = text[..<end.upperBound].utf8.count
    return (
        FakeRequest(
            method: first[0], path: first[1], headers: headers, body: String(decoding: body.prefix(length), as: UTF8.self)),
        head + length
    )
}
