import Hummingbird
import PushRuntime

/// Counts error answers by the code in their body.
struct ErrorCountMiddleware<Context: RequestContext>: RouterMiddleware {
    let metrics: APIMetrics

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as APIError {
            self.metrics.failed(code: error.code)
            throw error
        }
    }
}
