import HTTPTypes
import Hummingbird
import NIOCore

/// `GET /api/v1/openapi.json`, the description of this API for programs, and `GET /api/docs`, the same for people.
///
/// Neither holds a secret, and tools read the description before they have credentials, so neither needs a sign-in.
struct APIDocumentation: Sendable {
    /// Seconds for which caches may answer without asking again. Few, because a newer push-api describes itself anew.
    static let maximumAge = 60

    /// The description, and the page with what it loads.
    static let files: StaticFiles = {
        var files = StaticFiles()
        files.add(PackageResources.openapi_json, at: "openapi.json")
        files.add(PackageResources.docs_html, at: "docs.html")
        files.add(PackageResources.docs_css, at: "docs.css")
        files.add(PackageResources.docs_js, at: "docs.js")
        files.add(PackageResources.docs_curl_js, at: "docs-curl.js")
        files.add(PackageResources.docs_elements_js, at: "docs-elements.js")
        files.add(PackageResources.docs_operation_js, at: "docs-operation.js")
        files.add(PackageResources.docs_schema_js, at: "docs-schema.js")
        return files
    }()

    func addRoutes(to router: Router<some RequestContext>) {
        router.get("api/v1/openapi.json") { request, _ in
            try Self.answer(request, file: "openapi.json", cacheControl: "public, max-age=\(Self.maximumAge)")
        }
        // Asked about each time and answered by 304: page and scripts never come from two versions.
        router.get("api/docs") { request, _ in
            try Self.answer(request, file: "docs.html", cacheControl: "no-cache")
        }
        router.get("api/docs/:file") { request, context in
            try Self.answer(request, file: context.parameters.require("file"), cacheControl: "no-cache")
        }
    }

    private static func answer(_ request: Request, file name: String, cacheControl: String) throws -> Response {
        guard let file = self.files.files[name] else { throw HTTPError(.notFound, message: "there is no such page") }
        var headers: HTTPFields = [
            .eTag: file.entityTag, .cacheControl: cacheControl, .contentSecurityPolicy: AdminController.contentSecurityPolicy,
        ]
        let known = request.headers[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }
        if known.contains(where: { AdminController.matches($0, file.entityTag) }) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = file.contentType
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.content)))
    }
}
