import HTTPTypes
import Hummingbird
import NIOCore
import PushRuntime

extension Request {
    /// The body of a request of tsuru: a form or JSON, also with `DELETE`; without a body, nothing was sent.
    ///
    /// - Throws: `APIError` 400, 413 or 415; the connection's error when the client stops midway.
    func serviceRequest() async throws -> ServiceRequest {
        do {
            return try await self.readServiceRequest()
        } catch let error as InvalidServiceRequest {
            switch error {
            case .tooLarge:
                throw APIError(
                    .contentTooLarge, .requestBody,
                    "the request body is too large: send at most \(ServiceRequest.maximumBodySize) bytes")
            case .unsupportedType:
                throw APIError(
                    .unsupportedMediaType, .requestBody,
                    "the request body must be application/x-www-form-urlencoded or application/json")
            case .malformed(let reason):
                throw APIError(.badRequest, .requestBody, reason)
            }
        }
    }

    private func readServiceRequest() async throws -> ServiceRequest {
        let limit = ServiceRequest.maximumBodySize
        if let announced = self.headers[.contentLength].flatMap({ Int($0) }), announced > limit {
            throw InvalidServiceRequest.tooLarge
        }
        let body: ByteBuffer
        do {
            body = try await self.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw InvalidServiceRequest.tooLarge
        }
        guard body.readableBytes > 0 else { return ServiceRequest() }
        let type = self.headers[.contentType] ?? ""
        // Without parameters such as `charset`.
        switch type.prefix(while: { $0 != ";" }).trimmed().lowercased() {
        case "application/x-www-form-urlencoded": return try ServiceRequest(form: body.readableBytesView)
        case "application/json": return try ServiceRequest(json: Array(body.readableBytesView))
        default: throw InvalidServiceRequest.unsupportedType
        }
    }
}

extension Substring {
    fileprivate func trimmed() -> Substring {
        var text = self.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
