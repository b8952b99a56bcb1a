import Hummingbird
import NIOCore
import PushRuntime
import Synchronization

/// Reads request bodies of which most are small and a few may be large, and bounds how many large ones are in memory at once.
///
/// Without the bound, each open connection could hold a body of the largest size.
final class LargeBodies: Sendable {
    /// Large bodies that are read or worked on at the same time, at most.
    static let maximumCount = 16

    private let count = Mutex(0)

    /// Calls `work` with the whole body.
    ///
    /// - Parameters:
    ///   - smallLimit: Bytes of a body at most that is no array.
    ///   - limit: Bytes of an array at most.
    /// - Throws: ``InvalidRequestBody/tooLarge(limit:)``, an `APIError` (503) while too many other large bodies are here, what `work`
    ///   throws, and the connection's error when the client stops midway.
    func with<Result>(
        _ request: Request, smallLimit: Int, limit: Int, _ work: (ByteBuffer) async throws -> Result
    ) async throws -> Result {
        if let announced = request.headers[.contentLength].flatMap({ Int($0) }), announced > limit {
            throw InvalidRequestBody.tooLarge(limit: limit)
        }
        var body = ByteBuffer()
        var isLarge = false
        defer { if isLarge { self.count.withLock { $0 -= 1 } } }
        for try await var part in request.body {
            if body.readableBytes == 0 { body = part } else { body.writeBuffer(&part) }
            guard body.readableBytes > smallLimit else { continue }
            guard body.readableBytes <= limit else { throw InvalidRequestBody.tooLarge(limit: limit) }
            guard !isLarge else { continue }
            guard Self.isArray(body) else { throw InvalidRequestBody.tooLarge(limit: smallLimit) }
            guard self.begin() else {
                throw APIError(
                    .serviceUnavailable, .messageFailed,
                    "too many large requests are here already, nothing was published: repeat this one in a moment",
                    headers: [.retryAfter: "1"])
            }
            isLarge = true
        }
        return try await work(body)
    }

    private func begin() -> Bool {
        self.count.withLock { count in
            guard count < Self.maximumCount else { return false }
            count += 1
            return true
        }
    }

    private static func isArray(_ body: ByteBuffer) -> Bool {
        body.readableBytesView.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 } == UInt8(ascii: "[")
    }
}
