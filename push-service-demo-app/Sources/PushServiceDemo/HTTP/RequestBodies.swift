import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import PushRuntime

/// What forms and API calls send.
struct ArticleInput: Decodable, Sendable {
    var title: String
    var text: String
    /// The version that it was made from.
    var version: Int64?
}

/// What the form that deletes an article sends.
struct DeletionInput: Decodable, Sendable {
    var version: Int64?
}

extension Request {
    /// Bytes of a body at most. A text of 20,000 characters has four bytes for each, and three times as many in a form.
    static let bodyLimit = 512 * 1_024

    /// The fields of a form.
    func form<Input: Decodable>(_ type: Input.Type) async throws -> Input {
        let text = String(buffer: try await self.wholeBody())
        do {
            return try URLEncodedFormDecoder().decode(type, from: text)
        } catch {
            throw APIError(.badRequest, message: "The form is not complete. Go back, load the page again, and send it once more.")
        }
    }

    /// A JSON object.
    func json<Input: Decodable>(_ type: Input.Type, fields: String) async throws -> Input {
        let body = try await self.wholeBody()
        do {
            return try JSONDecoder().decode(type, from: Data(body.readableBytesView))
        } catch {
            throw APIError(.badRequest, message: "The body has to be a JSON object with \(fields).")
        }
    }

    private func wholeBody() async throws -> ByteBuffer {
        let tooLarge = APIError(
            .contentTooLarge, message: "This is far too long: a title has up to 200 characters, a text up to 20,000.")
        if let announced = self.headers[.contentLength].flatMap({ Int($0) }), announced > Self.bodyLimit { throw tooLarge }
        do {
            return try await self.body.collect(upTo: Self.bodyLimit)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        }
    }
}

extension RequestContext {
    /// The article's id in the path.
    ///
    /// - Throws: 404, since no article has what is no id.
    func articleID() throws -> Int64 {
        guard let text = self.parameters.get("id"), let id = Int64(text), id > 0 else {
            throw APIError(.notFound, message: "There is no such article.")
        }
        return id
    }
}
