import Hummingbird
import Logging

/// One line for each request: method, path without its query (queries may hold secrets), status, bytes, duration
/// in milliseconds, request id. Health endpoints are logged at debug, everything else at info.
public struct AccessLogMiddleware<Context: RequestContext>: RouterMiddleware {
    private let quietPaths: Set<String>

    public init(quietPaths: Set<String> = HealthEndpoints.paths) {
        self.quietPaths = quietPaths
    }

    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let duration = ContinuousClock.now - start
        let path = request.uri.path
        context.logger.log(
            level: quietPaths.contains(path) ? .debug : .info, "request",
            metadata: [
                "method": .string(request.method.rawValue),
                "path": .string(path.utf8.count > 512 ? String(decoding: path.utf8.prefix(512), as: UTF8.self) : path),
                "status": .stringConvertible(response.status.code),
                "bytes": response.body.contentLength.map { .stringConvertible($0) } ?? "-",
                "duration_ms": .stringConvertible(Double((duration / .microseconds(1)).rounded()) / 1000),
            ])
        return response
    }
}
