import NIOCore
import NIOPosix
import PushModels
import PushRuntime

/// A question about push-stream's statistics.
enum PushStreamQuestion: Equatable, Sendable {
    /// The summary; asks for the store's identity.
    case summary(agent: String)
    case allChannels(agent: String)
}

/// An answer of push-stream.
struct PushStreamResponse: Equatable, Sendable {
    var status: Int
    /// ``PushStreamHeaders/instance``.
    var instance: String?
    /// Whether more answers may follow on this connection.
    var keepsAlive: Bool
    var body: ByteBuffer
}

/// Why a connection to push-stream cannot be used any more.
enum PushStreamError: Error, Equatable, CustomStringConvertible {
    /// Requests were in flight for this long without any answer.
    case noAnswer(after: Duration)
    case connectionClosed
    /// The body of an answer has more bytes than this.
    case bodyTooLarge(limit: Int)
    /// The head of an answer has more bytes than this.
    case headTooLarge(limit: Int)
    /// Something else than an HTTP/1.1 answer to such a request.
    case malformedAnswer
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
        case .headTooLarge(let limit): return "push-stream sent a head of more than \(limit) bytes"
        case .malformedAnswer: return "push-stream sent something else than an answer"
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
