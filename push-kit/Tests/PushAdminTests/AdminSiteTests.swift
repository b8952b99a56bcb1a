import CAPIDocsKit
import CAdminKit
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import PushTestSupport
import Testing

@testable import PushAdmin

@Suite struct AdminSiteTests {
    /// What an admin app of two files beside its index would embed.
    private static func files(script: String = "import \"./kit/dom.js\";") -> StaticFiles {
        var files = StaticFiles.embedded([adminKitFiles()])
        files.add(Array("<html data-mode=\"{{mode}}\">{{base}}\n{{modules}}</html>".utf8), at: "index.html")
        files.add(Array(script.utf8), at: "app.js")
        files.add(Array("<svg/>".utf8), at: "images/mark.svg")
        return files
    }

    private static func router(_ site: AdminSite) -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self)
        AdminController(site: site).addRoutes(to: router)
        return router
    }

    /// Runs `body` with what a site answers.
    private static func with(
        _ site: AdminSite,
        _ body: @escaping @Sendable (@Sendable (String, HTTPFields) async throws -> TestResponse) async throws -> Void
    ) async throws {
        try await Application(router: Self.router(site)).test(.router) { client in
            try await body { path, headers in try await client.execute(uri: path, method: .get, headers: headers) }
        }
    }

    private static let kits = [
        "CAdminKit": StaticFiles.embedded([adminKitFiles()]), "CAPIDocsKit": StaticFiles.embedded([apiDocsFiles()]),
    ]

    @Test(arguments: Self.kits.keys)
    func `every shared file of the working copy is embedded`(kit: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/\(kit)/Files")
            .standardizedFileURL.path
        let paths = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
            .filter { $0.contains(".") }
        let embedded = try #require(Self.kits[kit]).files
        #expect(Set(paths) == Set(embedded.keys))
        #expect(paths.count > 5)
        for path in paths {
            let content = try Data(contentsOf: URL(filePath: "\(folder)/\(path)"))
            #expect(embedded[path].map { Data($0.content) } == content, "\(path)")
        }
    }

    @Test func `a later list's file replaces an earlier one's`() {
        let files = StaticFiles.embedded([adminKitFiles(), adminKitFiles()])
        #expect(files.files.count == StaticFiles.embedded([adminKitFiles()]).files.count)
    }

    @Test func `the index is asked about each time and names the version's folder`() async throws {
        let files = Self.files()
        let base = "/admin/\(files.version)"
        try await Self.with(AdminSite(builtIn: files, values: ["mode": "dark"])) { get in
            for path in ["/admin", "/admin/", "/admin/index.html"] {
                let page = try await get(path, [:])
                #expect(page.status == .ok)
                #expect(page.headers[.cacheControl] == "no-cache")
                #expect(page.headers[.contentType] == "text/html; charset=utf-8")
                let text = String(buffer: page.body)
                #expect(text.hasPrefix("<html data-mode=\"dark\">\(base)\n"))
                for module in files.files.keys where module.hasSuffix(".js") {
                    #expect(text.contains("<link rel=\"modulepreload\" href=\"\(base)/\(module)\">"), "\(module)")
                }
            }
            let root = try await get("/", [:])
            #expect(root.status == .movedPermanently)
            #expect(root.headers[.location] == "/admin")
        }
    }

    @Test func `all else is immutable below the version's folder and nowhere else`() async throws {
        let files = Self.files()
        try await Self.with(AdminSite(builtIn: files)) { get in
            for (path, type) in [
                ("app.js", "text/javascript; charset=utf-8"), ("kit/style.css", "text/css; charset=utf-8"),
                ("kit/dom.js", "text/javascript; charset=utf-8"), ("images/mark.svg", "image/svg+xml"),
            ] {
                let file = try await get("/admin/\(files.version)/\(path)", [:])
                #expect(file.status == .ok)
                #expect(file.headers[.cacheControl] == "public, max-age=31536000, immutable")
                #expect(file.headers[.contentType] == type)
                #expect(file.body.readableBytes == files.files[path]?.content.count)
                for other in ["/admin/\(path)", "/admin/000000000000000000000000/\(path)", "/\(path)"] {
                    #expect(try await get(other, [:]).status == .notFound, "\(other)")
                }
            }
            #expect(try await get("/admin/\(files.version)/index.html", [:]).status == .notFound)
            #expect(try await get("/admin/\(files.version)", [:]).status == .notFound)
        }
    }

    @Test func `a changed, added or renamed file makes another version`() {
        let version = Self.files().version
        #expect(Self.files().version == version)
        #expect(Self.files(script: "changed").version != version)
        var added = Self.files()
        added.add([], at: "empty.js")
        #expect(added.version != version)
        var (one, other) = (StaticFiles(), StaticFiles())
        one.add([1], at: "a.js")
        other.add([1], at: "b.js")
        #expect(one.version != other.version)
        #expect(version.count == 24)
    }

    @Test func `the same content is answered by 304`() async throws {
        let files = Self.files()
        try await Self.with(AdminSite(builtIn: files)) { get in
            for path in ["/admin", "/admin/\(files.version)/app.js"] {
                let tag = try #require(try await get(path, [:]).headers[.eTag])
                for known in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                    let answer = try await get(path, [.ifNoneMatch: known])
                    #expect(answer.status == .notModified, "\(known)")
                    #expect(answer.body.readableBytes == 0)
                    #expect(answer.headers[.eTag] == tag)
                }
                #expect(try await get(path, [.ifNoneMatch: "\"other\""]).status == .ok)
            }
        }
    }

    @Test func `the policy allows nothing inline, no other host but those given, and no HTML from strings`() async throws {
        let site = AdminSite(builtIn: Self.files(), connecting: ["https://push.example.com", "wss://push.example.com"])
        try await Self.with(site) { get in
            let policy = try #require(try await get("/admin", [:]).headers[.contentSecurityPolicy])
            let directives = policy.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
            #expect(directives.first == "default-src 'none'")
            #expect(directives.contains("script-src 'self'"))
            #expect(directives.contains("style-src 'self'"))
            #expect(directives.contains("connect-src 'self' https://push.example.com wss://push.example.com"))
            #expect(directives.contains("frame-ancestors 'none'"))
            #expect(directives.contains("require-trusted-types-for 'script'"))
            #expect(!policy.contains("unsafe"))
            #expect(!policy.contains("*"))
        }
    }

    @Test func `a folder is served as it is, and asked about each time`() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("{{base}}", to: "index.html")
        try directory.write("code", to: "app.mjs")
        let site = AdminSite(folder: try StaticFiles.load(folder: directory.path))
        try await Self.with(site) { get in
            #expect(String(buffer: try await get("/admin", [:]).body) == "{{base}}")
            let script = try await get("/admin/app.mjs", [:])
            #expect(String(buffer: script.body) == "code")
            #expect(script.headers[.cacheControl] == "no-cache")
            #expect(script.headers[.contentSecurityPolicy]?.contains("trusted-types") == false)
        }
    }

    @Test func `a folder that cannot be served is refused`() throws {
        #expect(throws: StaticFiles.LoadingError.self) { try StaticFiles.load(folder: "/nowhere/at/all") }
        let directory = try TemporaryDirectory()
        let error = #expect(throws: StaticFiles.LoadingError.self) { try StaticFiles.load(folder: directory.path) }
        #expect(error?.description.contains("has no index.html") == true)
    }

    /// An admin app's strings never become markup, so that messages and names cannot.
    @Test func `no shared module writes HTML or names another host`() throws {
        for (path, file) in StaticFiles.embedded([adminKitFiles(), apiDocsFiles()]).files where path.hasSuffix(".js") {
            // The name of SVG's elements is no address.
            let text = String(decoding: file.content, as: UTF8.self).replacingOccurrences(
                of: "http://www.w3.org/2000/svg", with: "")
            for forbidden in [
                "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "http://", "https://",
            ] {
                #expect(!text.contains(forbidden), "\(path) has \(forbidden)")
            }
        }
    }
}
