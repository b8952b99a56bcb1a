import CAPIDocsKit
import CAdminKit
import Hummingbird

/// `GET /api/v1/openapi.json`, the description of an API for programs, and `GET /api/docs`, the same for people.
///
/// Neither holds a secret, and tools read the description before they have credentials, so neither needs a sign-in.
public struct APIDocumentation: Sendable {
    /// Seconds for which caches may answer without asking again. Few, because a newer version describes itself anew.
    static let maximumAge = 60

    private let description: StaticFiles.File?
    private let site: AdminSite

    /// - Parameters:
    ///   - description: Has the file `openapi.json`.
    ///   - product: The name above the page, without characters that HTML gives a meaning.
    public init(description: StaticFiles, product: String) {
        self.description = description.files["openapi.json"]
        self.site = AdminSite(
            builtIn: .embedded([adminKitFiles(), apiDocsFiles()]), root: "/api/docs", values: ["product": product])
    }

    public func addRoutes(to router: Router<some RequestContext>) {
        router.get("api/v1/openapi.json") { request, _ in
            guard let file = self.description else { throw HTTPError(.notFound) }
            return file.response(to: request, headers: [.cacheControl: "public, max-age=\(Self.maximumAge)"])
        }
        AdminController(site: self.site).addRoutes(to: router, isStartPage: false)
    }
}
