import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1

/// Turns whatever a handler throws into an `APIError` response.
///
/// Unknown errors become 500 with a constant message; their detail goes to the log only.
public struct ErrorMappingMiddleware<Context: RequestContext>: RouterMiddleware {
    public init() {}

    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            return Self.map(error, logger: context.logger).response()
        }
    }

    static func map(_ error: any Error, logger: Logger) -> APIError {
        switch error {
        case let error as APIError: return error
        case let error as HTTPError:
            return APIError(error.status, message: error.status.kind == .serverError ? nil : error.body, headers: error.headers)
        case is NIOTooManyBytesError: return APIError(.contentTooLarge)
        case is HTTPParserError: return APIError(.badRequest, message: "The request is malformed or incomplete")
        case is DecodingError: return APIError(.badRequest, message: "The body is not the JSON that was expected")
        case is RequestTimeoutError: return APIError(.requestTimeout, message: "The request did not arrive in time")
        case let error as any HTTPResponseError: return APIError(error.status)
        case is CancellationError: return APIError(.serviceUnavailable, message: "The service is shutting down")
        default:
            logger.error("request failed", metadata: ["error": .string(String(reflecting: error))])
            return APIError(.internalServerError, message: "Internal error")
        }
    }
}
