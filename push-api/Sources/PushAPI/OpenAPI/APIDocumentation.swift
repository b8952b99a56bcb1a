import CAPIDocumentation
import CAdminKit
import Hummingbird
import PushAdmin

/// `GET /api/v1/openapi.json`, the description of this API for programs, and `GET /api/docs`, the same for people.
///
/// Neither holds a secret, and tools read the description before they have credentials, so neither needs a sign-in.
struct APIDocumentation: Sendable {
    /// Seconds for which caches may answer without asking again. Few, because a newer push-api describes itself anew.
    static let maximumAge = 60

    /// `openapi.json` alone.
    static let description = StaticFiles.embedded([apiDescriptionFiles()])
    /// The page, in the style of the admin app.
    static let pages = StaticFiles.embedded([adminKitFiles(), apiDocumentationFiles()])

    func addRoutes(to router: Router<some RequestContext>) {
        router.get("api/v1/openapi.json") { request, _ in
            guard let file = Self.description.files["openapi.json"] else { throw HTTPError(.notFound) }
            return file.response(to: request, headers: [.cacheControl: "public, max-age=\(Self.maximumAge)"])
        }
        AdminController(site: AdminSite(builtIn: Self.pages, root: "/api/docs")).addRoutes(to: router, isStartPage: false)
    }
}
