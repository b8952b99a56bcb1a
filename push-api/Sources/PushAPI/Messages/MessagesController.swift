import Hummingbird
import PushModels
import PushRuntime

/// `POST /api/v1/messages`.
struct MessagesController: Sendable {
    let publisher: MessagePublisher

    func addRoutes(to group: RouterGroup<APIRequestContext>) {
        group.post("messages") { request, context in
            let publish: PublishRequest
            do {
                publish = try PublishRequest(json: try await request.wholeBody(limit: PublishRequest.maximumBodySize))
            } catch let error as InvalidRequestBody {
                throw APIError(error, .messageBody)
            } catch let error as PublishRequest.Invalid {
                throw Self.map(error)
            }
            try await context.admit([publish])
            do {
                let ids = try await self.publisher.publish(publish)
                return Response(status: .noContent, headers: [.pushMessageID: ids.joined(separator: ",")])
            } catch {
                throw APIError.redis(
                    error, .write, .messageFailed, action: "the message was not published", logger: context.logger)
            }
        }
    }

    private static func map(_ error: PublishRequest.Invalid) -> APIError {
        switch error {
        case .body(.badFormat(let message)), .format(let message):
            return APIError(.badRequest, .messageFormat, message)
        case .body(let error):
            return APIError(error, .messageBody)
        case .contentTooLarge(let length):
            return APIError(
                .contentTooLarge, .messageFormat,
                "'content' is too large: it has \(length) bytes after percent-encoding, send at most "
                    + "\(ContentEncoding.maximumEncodedLength)")
        }
    }
}
