import Logging
import NIOCore
import NIOHTTP1
import PushModels
import PushRedis
import PushRuntime

/// Publishes plain messages past the router: one message for one channel, from a client that needs no question to Redis.
///
/// Everything else, every mistake included, goes to ``MessagesController``.
struct DirectPublishing: DirectRoute {
    let publisher: MessagePublisher
    /// `nil` when authentication is off.
    let authentication: AuthenticationMiddleware?
    let metrics: APIMetrics

    var method: HTTPMethod { .POST }
    var path: String { "/api/v1/messages" }
    var maximumBodySize: Int { Self.largestBody }

    /// Bytes that an event loop reads by the way. Larger bodies gain little here.
    static let largestBody = 64 * 1024

    /// Fields that change what a publication means.
    private static let specialFields = ["Idempotency-Key", "Sec-Fetch-Site"]

    let fieldNames = ["Authorization", "X-Forwarded-For"] + Self.specialFields

    func respond(to request: DirectRequest, _ answer: @escaping @Sendable (DirectResponse) -> Void) -> Bool {
        // An array would be read twice, here and by the route.
        guard request.body.readableBytesView.first == UInt8(ascii: "{"),
            !request.fields.contains(where: { Self.specialFields.contains($0.name) }),
            let principal = self.principal(request), principal.limits == nil, principal.scopes.allow(.publish),
            let batch = try? PublishBatch(json: request.body), batch.entryCount == 1,
            let message = batch.messages.first, principal.mayUse(channel: message.channels[0].rawValue)
        else { return false }
        self.publisher.publish(message) { result in
            switch result {
            case .success(let id):
                answer(DirectResponse(status: .noContent, headers: [("X-Push-Message-Id", id)]))
            case .failure(let error):
                let error = APIError.redis(
                    error, .write, .messageFailed, action: "the message was not published", logger: request.logger)
                self.metrics.failed(code: error.code)
                answer(DirectResponse(error))
            }
        }
        return true
    }

    private func principal(_ request: DirectRequest) -> Principal? {
        guard let authentication else { return .anyone }
        return authentication.knownPrincipal(
            authorization: request.values(of: "Authorization"), peer: request.remoteAddress.flatMap { IPAddress($0) },
            forwardedFor: request.values(of: "X-Forwarded-For"))
    }
}
