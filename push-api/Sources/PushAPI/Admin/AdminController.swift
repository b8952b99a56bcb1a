import Hummingbird
import NIOCore

/// `/admin`: the admin page's files. They hold no secret, so they need no sign-in; what they ask the API for does.
struct AdminController: Sendable {
    /// Scripts and styles from here alone, none inline, no frames, no forms; requests to this server alone.
    static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    let files: StaticFiles

    func addRoutes(to router: Router<some RequestContext>) {
        router.get("/") { _, _ in
            Response(status: .movedPermanently, headers: [.location: "/admin"])
        }
        router.get("/admin") { request, _ in
            try self.answer(request, path: "index.html")
        }
        router.get("/admin/**") { request, context in
            let segments = context.parameters.getCatchAll().map { PercentDecoding.decode(String($0)) ?? "/" }
            // A slash within a segment was encoded, or the segment is malformed: neither is a file's name here.
            let isName = segments.allSatisfy { !$0.contains("/") }
            return try self.answer(request, path: isName ? segments.joined(separator: "/") : "/")
        }
    }

    private func answer(_ request: Request, path: String) throws -> Response {
        guard let file = self.files.files[path] else { throw HTTPError(.notFound, message: "there is no such page") }
        var headers: HTTPFields = [
            .eTag: file.entityTag,
            // Asked about each time and answered by 304: pages and scripts never come from two versions.
            .cacheControl: "no-cache",
            .contentSecurityPolicy: Self.contentSecurityPolicy,
        ]
        let known = request.headers[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }
        if known.contains(where: { Self.matches($0, file.entityTag) }) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = file.contentType
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.content)))
    }

    /// Weak comparison (RFC 9110, section 13.1.2): a proxy that compresses makes the tag weak.
    static func matches(_ candidate: Substring, _ entityTag: String) -> Bool {
        let candidate = candidate.drop { $0 == " " }.prefix { $0 != " " }
        return candidate == "*" || candidate == entityTag || candidate == "W/\(entityTag)"
    }
}
