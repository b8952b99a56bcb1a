import PushTestSupport
import Testing

@testable import PushAPI

@Suite struct AdminTests {
    @Test func servesTheBuiltInPage() async throws {
        try await withAPI { (api) async throws in
            let root = try await api.http.request("GET", "/")
            #expect(root.status == 301)
            #expect(root.headers["location"] == "/admin")
            let page = try await api.http.request("GET", "/admin")
            #expect(page.status == 200)
            #expect(page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(page.headers["content-security-policy"] == AdminController.contentSecurityPolicy)
            #expect(page.headers["cache-control"] == "no-cache")
            // The policy allows nothing inline and no other host.
            #expect(!page.text.contains("<style"))
            #expect(page.text.ranges(of: "<script").count == 1)
            #expect(page.text.contains(#"<script type="module" src="/admin/admin.js">"#))
            #expect(!page.text.contains("style="))
            #expect(page.text.firstMatch(of: /\son[a-z]+=/) == nil)
            for (path, type) in [
                ("/admin/admin.js", "text/javascript"), ("/admin/admin.css", "text/css"), ("/admin/", "text/html"),
            ] {
                let file = try await api.http.request("GET", path)
                #expect(file.status == 200, "\(path)")
                #expect(file.headers["content-type"] == "\(type); charset=utf-8")
                #expect(!file.body.isEmpty)
            }
        }
    }

    @Test func answers304ForTheSameVersion() async throws {
        try await withAPI { (api) async throws in
            let tag = try #require(try await api.http.request("GET", "/admin/admin.js").headers["etag"])
            for known in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                let answer = try await api.http.request("GET", "/admin/admin.js", headers: ["If-None-Match: \(known)"])
                #expect(answer.status == 304, "\(known)")
                #expect(answer.body.isEmpty)
                #expect(answer.headers["etag"] == tag)
            }
            #expect(try await api.http.request("GET", "/admin/admin.js", headers: ["If-None-Match: \"other\""]).status == 200)
        }
    }

    @Test(arguments: [
        "/admin/../../etc/passwd", "/admin/%2e%2e/secret.txt", "/admin/..%2fsecret.txt", "/admin/.hidden",
        "/admin/sub%2Fpage.html",
        "/admin/none.html", "/admin/sub", "/admin/%00", "/admin/%FF", "/adminx", "/admin//etc/passwd",
    ])
    func servesNothingElse(path: String) async throws {
        let directory = try TemporaryDirectory()
        try directory.write("secret", to: "secret.txt")
        try await TestProcess("mkdir", arguments: ["-p", directory.file("public/sub")]).exit()
        try directory.write("page", to: "public/index.html")
        try directory.write("sub", to: "public/sub/page.html")
        try directory.write("hidden", to: "public/.hidden")
        let folder = directory.file("public")
        try await withAPI(["api.statics_path": folder]) { (api) async throws in
            #expect(try await api.http.request("GET", "/admin").text == "page")
            #expect(try await api.http.request("GET", "/admin/sub/page.html").text == "sub")
            #expect(try await api.http.request("GET", path).status == 404)
        }
    }

    @Test func refusesAFolderThatCannotBeServed() throws {
        #expect(throws: StaticFiles.LoadingError.self) { try StaticFiles.load(folder: "/nowhere/at/all") }
        let directory = try TemporaryDirectory()
        let error = #expect(throws: StaticFiles.LoadingError.self) { try StaticFiles.load(folder: directory.path) }
        #expect(error?.description.contains("has no index.html") == true)
    }
}
