import NIOCore
import NIOHTTP1
import NIOPosix
import PushModels
import PushRuntime

/// A request on a connection to push-stream.
enum PushStreamRequest: Equatable, Sendable {
    case publish(PublishRequest)
    /// The summary; asks for the store's identity.
    case summary(agent: String)
    case allChannels(agent: String)
}

/// An answer of push-stream.
struct PushStreamResponse: Sendable {
    var status: Int
    /// ``PushStreamHeaders/instance``.
    var instance: String?
    /// Whether more answers may follow on this connection.
    var keepsAlive: Bool
    var body: ByteBuffer
}

extension PushStreamRequest {
    func head(host: String) -> HTTPRequestHead {
        var headers = HTTPHeaders()
        headers.reserveCapacity(4)
        headers.add(name: "Host", value: host)
        switch self {
        case .publish(let publish):
            let length: Int
            switch publish.content {
            case .message(let text, let eventID):
                headers.add(name: "Event-Id", value: eventID.description)
                length = text.utf8.count
            case .ensureChannel:
                headers.add(name: PushStreamHeaders.ensureChannel, value: "1")
                length = PublishRequest.ensureBody.utf8.count
            }
            headers.add(name: "Content-Length", value: String(length))
            let uri = "/pub?id=\(ContentEncoding.encode(publish.channel))"
            return HTTPRequestHead(version: .http1_1, method: .POST, uri: uri, headers: headers)
        case .summary(let agent), .allChannels(let agent):
            headers.add(name: PushStreamHeaders.agent, value: agent)
            var uri = "/channels-stats"
            if case .allChannels = self { uri += "?id=ALL" }
            return HTTPRequestHead(version: .http1_1, method: .GET, uri: uri, headers: headers)
        }
    }

    /// `nil` for a request without one.
    var body: String? {
        guard case .publish(let publish) = self else { return nil }
        switch publish.content {
        case .message(let text, _): return text.isEmpty ? nil : text
        case .ensureChannel: return PublishRequest.ensureBody
        }
    }
}

/// Why a connection to push-stream cannot be used any more.
enum PushStreamError: Error, Equatable, CustomStringConvertible {
    /// Requests were in flight for this long without any answer.
    case noAnswer(after: Duration)
    case connectionClosed
    /// The body of an answer has more bytes than this.
    case bodyTooLarge(limit: Int)
    /// An answer that belongs to no request.
    case unexpectedAnswer
    /// push-stream's statistics are asked for at `/channels-stats`.
    case statisticsStatus(Int)
    case statisticsUnreadable

    var description: String {
        switch self {
        case .noAnswer(let duration): return "push-stream did not answer for \(duration)"
        case .connectionClosed: return "push-stream closed the connection"
        case .bodyTooLarge(let limit): return "push-stream sent a body of more than \(limit) bytes"
        case .unexpectedAnswer: return "push-stream sent an answer to no request"
        case .statisticsStatus(let status): return "push-stream answered /channels-stats with status \(status)"
        case .statisticsUnreadable: return "push-stream answered /channels-stats with something else than its statistics"
        }
    }
}

extension PushStreamError {
    /// An error of a connection in words, for a log.
    static func text(of error: any Error) -> String {
        switch error {
        case let error as PushStreamError: return error.description
        case let error as IOError: return StartupError.describe(error)
        case let error as NIOConnectionError:
            return error.connectionErrors.first.map { Self.text(of: $0.error) } ?? "cannot connect"
        case ChannelError.connectTimeout: return "connecting took too long"
        default: return "\(error)"
        }
    }
}
