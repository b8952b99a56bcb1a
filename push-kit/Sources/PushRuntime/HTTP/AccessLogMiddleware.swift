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
        AccessLog.write(
            to: context.logger, level: quietPaths.contains(path) ? .debug : .info, method: request.method.rawValue, path: path,
            status: response.status.code, bytes: response.body.contentLength, duration: duration)
        return response
    }
}

enum AccessLog {
    /// - Parameters:
    ///   - id: The request's, unless the logger has it.
    ///   - bytes: Of the body; `nil` if nobody knows yet.
    static func write(
        to logger: Logger, level: Logger.Level = .info, id: String? = nil, method: String, path: String, status: Int, bytes: Int?,
        duration: Duration
    ) {
        guard logger.logLevel <= level else { return }
        var metadata: Logger.Metadata = [
            "method": .string(method),
            "path": .string(shown(path)),
            "status": .stringConvertible(status),
            "bytes": bytes.map { .stringConvertible($0) } ?? "-",
            "duration_ms": .stringConvertible(Double((duration / .microseconds(1)).rounded()) / 1000),
        ]
        if let id { metadata["hb.request.id"] = .string(id) }
        logger.log(level: level, "request", metadata: metadata)
    }

    /// No more of a path than a line needs.
    static func shown(_ path: String) -> String {
        path.utf8.count > 512 ? String(decoding: path.utf8.prefix(512), as: UTF8.self) : path
    }
}
