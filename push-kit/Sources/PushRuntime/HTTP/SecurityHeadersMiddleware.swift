import HTTPTypes
import Hummingbird

extension HTTPField.Name {
    static let referrerPolicy = Self("Referrer-Policy")!
    static let frameOptions = Self("X-Frame-Options")!
}

/// Headers that make browsers careful. A header that the handler has set itself stays.
public struct SecurityHeadersMiddleware<Context: RequestContext>: RouterMiddleware {
    /// Suits answers that are data and never a page.
    public static var dataPolicy: String { "default-src 'none'; frame-ancestors 'none'" }

    private let contentSecurityPolicy: String
    private let cacheablePrefixes: [String]

    /// - Parameters:
    ///   - contentSecurityPolicy: The value of `Content-Security-Policy`.
    ///   - cacheablePrefixes: Paths, such as those of static files, whose answers do not get `Cache-Control: no-store`.
    public init(contentSecurityPolicy: String = Self.dataPolicy, cacheablePrefixes: [String] = []) {
        self.contentSecurityPolicy = contentSecurityPolicy
        self.cacheablePrefixes = cacheablePrefixes
    }

    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        func set(_ name: HTTPField.Name, _ value: String) {
            if response.headers[name] == nil { response.headers[name] = value }
        }
        set(.xContentTypeOptions, "nosniff")
        set(.referrerPolicy, "no-referrer")
        set(.frameOptions, "DENY")
        set(.contentSecurityPolicy, contentSecurityPolicy)
        let path = request.uri.path
        if !cacheablePrefixes.contains(where: path.hasPrefix) {
            set(.cacheControl, "no-store")
        }
        return response
    }
}
