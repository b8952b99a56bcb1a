import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// Serves an ``AdminSite``. Its files hold no secret, so they need no sign-in; what they ask the API for does.
public struct AdminController: Sendable {
    private let site: AdminSite

    public init(site: AdminSite) {
        self.site = site
    }

    /// Adds the site's root and all below it.
    ///
    /// - Parameter isStartPage: Whether `/` leads here.
    public func addRoutes(to router: Router<some RequestContext>, isStartPage: Bool = true) {
        let root = self.site.root
        if isStartPage {
            router.get("/") { _, _ in
                Response(status: .movedPermanently, headers: [.location: root])
            }
        }
        router.get(RouterPath(root)) { request, _ in
            try self.answer(request, path: "index.html")
        }
        router.get(RouterPath("\(root)/**")) { request, context in
            // No file's name has anything to escape, so what is escaped is none.
            let path = context.parameters.getCatchAll().joined(separator: "/")
            return try self.answer(request, path: path.isEmpty ? "index.html" : path)
        }
    }

    private func answer(_ request: Request, path: String) throws -> Response {
        guard let page = self.site.pages[path] else { throw HTTPError(.notFound, message: "there is no such page") }
        return page.file.response(
            to: request,
            headers: [
                .cacheControl: page.isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
                .contentSecurityPolicy: self.site.contentSecurityPolicy,
            ])
    }
}

extension StaticFiles.File {
    /// The file with its `ETag`, or 304 for a client that has it already.
    ///
    /// - Parameter headers: What either answer has beside that.
    public func response(to request: Request, headers: HTTPFields) -> Response {
        var headers = headers
        headers[.eTag] = self.entityTag
        let known = request.headers[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }
        if known.contains(where: { Self.matches($0, self.entityTag) }) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = self.contentType
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: self.content)))
    }

    /// Weak comparison (RFC 9110, section 13.1.2): a proxy that compresses makes the tag weak.
    private static func matches(_ candidate: Substring, _ entityTag: String) -> Bool {
        let candidate = candidate.drop { $0 == " " }.prefix { $0 != " " }
        return candidate == "*" || candidate == entityTag || candidate == "W/\(entityTag)"
    }
}
