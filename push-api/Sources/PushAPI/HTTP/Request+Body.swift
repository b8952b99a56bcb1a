import Hummingbird
import NIOCore

extension Request {
    /// The whole body.
    ///
    /// - Parameter limit: Bytes at most; more are refused before they are read if the client announces them.
    /// - Throws: ``InvalidRequestBody/tooLarge(limit:)``, and the connection's error when the client stops midway.
    func wholeBody(limit: Int) async throws -> ByteBuffer {
        if let announced = self.headers[.contentLength].flatMap({ Int($0) }), announced > limit {
            throw InvalidRequestBody.tooLarge(limit: limit)
        }
        do {
            return try await self.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw InvalidRequestBody.tooLarge(limit: limit)
        }
    }
}
