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

    /// Made once: a field's value is checked when it is made.
    private let fields: [HTTPField]
    private let noStore = HTTPField(name: .cacheControl, value: "no-store")

    /// What a response gets that has set none of them itself.
    var allFields: [HTTPField] { fields + [noStore] }

    private let cacheablePrefixes: [String]

    /// - Parameters:
    ///   - contentSecurityPolicy: The value of `Content-Security-Policy`.
    ///   - cacheablePrefixes: Paths, such as those of static files, whose answers do not get `Cache-Control: no-store`.
    public init(contentSecurityPolicy: String = Self.dataPolicy, cacheablePrefixes: [String] = []) {
        fields = [
            HTTPField(name: .xContentTypeOptions, value: "nosniff"), HTTPField(name: .referrerPolicy, value: "no-referrer"),
            HTTPField(name: .frameOptions, value: "DENY"),
            HTTPField(name: .contentSecurityPolicy, value: contentSecurityPolicy),
        ]
        self.cacheablePrefixes = cacheablePrefixes
    }

    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        for field in fields where !response.headers.contains(field.name) { response.headers.append(field) }
        let path = request.uri.path
        if !response.headers.contains(.cacheControl), !cacheablePrefixes.contains(where: path.hasPrefix) {
            response.headers.append(noStore)
        }
        return response
    }
}
