import NIOCore
import PushModels

/// Writes requests to push-stream as HTTP/1.1.
struct RequestWriter: Sendable {
    /// All that a publish's head has between the channel and what is the message's own.
    private let publishMiddle: [UInt8]
    private let host: String

    private static let publishStart = Array("POST /pub?id=".utf8)
    private static let eventID = Array("Event-Id: ".utf8)
    private static let lineEnd = Array("\r\n".utf8)
    private static let contentLength = Array("Content-Length: ".utf8)
    private static let headEnd = Array("\r\n\r\n".utf8)
    private static let ensured = Array(
        "\(PushStreamHeaders.ensureChannel): 1\r\nContent-Length: \(PublishRequest.ensureBody.utf8.count)\r\n\r\n\(PublishRequest.ensureBody)"
            .utf8)

    /// - Parameter host: the value of `Host`.
    init(host: String) {
        self.host = host
        self.publishMiddle = Array(" HTTP/1.1\r\nHost: \(host)\r\n".utf8)
    }

    /// Appends a publish with its body.
    func write(_ publish: PublishRequest, to buffer: inout ByteBuffer) {
        buffer.writeBytes(Self.publishStart)
        buffer.writeString(ContentEncoding.encode(publish.channel))
        buffer.writeBytes(self.publishMiddle)
        switch publish.content {
        case .message(let text, let eventID):
            buffer.writeBytes(Self.eventID)
            Self.write(eventID.milliseconds, to: &buffer)
            buffer.writeInteger(UInt8(ascii: "-"))
            Self.write(eventID.sequence, to: &buffer)
            buffer.writeBytes(Self.lineEnd)
            buffer.writeBytes(Self.contentLength)
            Self.write(UInt64(text.utf8.count), to: &buffer)
            buffer.writeBytes(Self.headEnd)
            buffer.writeString(text)
        case .ensureChannel:
            buffer.writeBytes(Self.ensured)
        }
    }

    /// Appends a question.
    func write(_ question: PushStreamQuestion, to buffer: inout ByteBuffer) {
        let path: String
        let agent: String
        switch question {
        case .summary(let name): (path, agent) = ("/channels-stats", name)
        case .allChannels(let name): (path, agent) = ("/channels-stats?id=ALL", name)
        }
        buffer.writeString("GET \(path) HTTP/1.1\r\nHost: \(self.host)\r\n\(PushStreamHeaders.agent): \(agent)\r\n\r\n")
    }

    /// In decimal.
    private static func write(_ number: UInt64, to buffer: inout ByteBuffer) {
        // 20 digits are the longest; the buffer has their memory already, which a string of its own would not.
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 20) { bytes in
            var count = 0
            var rest = number
            repeat {
                rest /= 10
                count += 1
            } while rest > 0
            rest = number
            for index in stride(from: count - 1, through: 0, by: -1) {
                bytes[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            return count
        }
    }
}
