import HTTPTypes
import Hummingbird
import Logging

extension HTTPField.Name {
    /// `X-Request-ID`
    public static let requestID = Self("X-Request-ID")!
}

extension RequestContext {
    /// The id that `RequestIDMiddleware` gave the request. Empty when the logger's handler keeps no metadata, where
    /// Hummingbird's own `id` would trap.
    public var requestID: String { logger[metadataKey: "hb.request.id"]?.description ?? "" }
}

/// Gives each request an id that its log lines, its answer and its callers share.
///
/// A caller's own `X-Request-ID` is taken if it is sane: 1 to 128 of letters, digits, `-`, `_`, `.`, `:`, `=`, `+`, `/`.
/// Handlers find the id as `context.requestID`.
public struct RequestIDMiddleware<Context: RequestContext>: RouterMiddleware {
    public init() {}

    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let given = request.headers[.requestID].flatMap { RequestIdentifier.isSane($0) ? $0 : nil }
        let id = given ?? RequestIdentifier.make()
        var context = context
        // Hummingbird's key, so that its own log lines carry the same id.
        context.logger[metadataKey: "hb.request.id"] = .string(id)
        var response = try await next(request, context)
        response.headers[.requestID] = id
        return response
    }
}
