import CAdminKit
import CAdminPages
import Foundation
import PushAdmin
import PushTestSupport
import Testing

@testable import PushAPI

extension LiveTests {
    /// What push-api itself adds to PushAdmin's serving.
    @Suite struct AdminTests {
        @Test func servesTheBuiltInApp() async throws {
            try await withAPI { (api) async throws in
                let root = try await api.http.request("GET", "/")
                #expect(root.status == 301)
                #expect(root.headers["location"] == "/admin")
                let page = try await api.http.request("GET", "/admin")
                #expect(page.status == 200)
                #expect(page.headers["content-type"] == "text/html; charset=utf-8")
                #expect(page.headers["cache-control"] == "no-cache")
                #expect(page.headers["x-content-type-options"] == "nosniff")
                // The policy allows nothing inline.
                #expect(!page.text.contains("<style"))
                #expect(!page.text.contains("style="))
                #expect(page.text.firstMatch(of: /\son[a-z]+=/) == nil)
                #expect(page.text.ranges(of: "<script").count == 1)
                #expect(page.text.contains(#"data-authentication="required""#))
                #expect(!page.text.contains("{{"))
                // Whatever the page names is there, for ever, and not from another host.
                let addresses = page.text.matches(of: /(?:href|src)="([^"]+)"/).map { String($0.1) }
                #expect(addresses.count > 20)
                for address in addresses {
                    #expect(address.hasPrefix("/admin/"))
                    let file = try await api.http.request("GET", address)
                    #expect(file.status == 200, "\(address)")
                    #expect(file.headers["cache-control"] == "public, max-age=31536000, immutable")
                    #expect(!file.body.isEmpty)
                }
            }
        }

        @Test func compressesWhatItServes() async throws {
            try await withAPI { (api) async throws in
                let page = try await api.http.request("GET", "/admin")
                let style = try #require(page.text.firstMatch(of: /"([^"]+style\.css)"/)?.1)
                let plain = try await api.http.request("GET", String(style))
                let compressed = try await api.http.request("GET", String(style), headers: ["Accept-Encoding: gzip"])
                #expect(compressed.headers["content-encoding"] == "gzip")
                #expect(compressed.headers["vary"]?.lowercased().contains("accept-encoding") == true)
                #expect(compressed.body.count * 2 < plain.body.count)
            }
        }

        @Test(arguments: [
            ("http://localhost:9080", "http://localhost:9080 ws://localhost:9080"),
            ("https://push.example.com/live/", "https://push.example.com wss://push.example.com"),
            ("http://[::1]:9080", "http: ws:"),
        ])
        func letsThePageReachPushStream(url: String, sources: String) async throws {
            try await withAPI(["push_stream.url": url]) { (api) async throws in
                let policy = try await api.http.request("GET", "/admin").headers["content-security-policy"]
                #expect(policy?.contains("connect-src 'self' \(sources);") == true, "\(policy ?? "none")")
            }
        }

        @Test func saysWhetherOneHasToSignIn() async throws {
            try await withAPI(["api.enable_auth": "false"]) { (api) async throws in
                #expect(try await api.http.request("GET", "/admin").text.contains(#"data-authentication="off""#))
            }
        }

        @Test func embedsEachFileOfTheWorkingCopy() throws {
            let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
                path: "../../../Sources/CAdminPages/Files"
            )
            .standardizedFileURL.path
            let paths = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
                .filter { $0.contains(".") }
            let embedded = Self.embedded(adminPagesFiles())
            #expect(Set(paths) == Set(embedded.keys))
            for path in paths {
                #expect(try Data(contentsOf: URL(filePath: "\(folder)/\(path)")) == embedded[path], "\(path)")
            }
        }

        /// No string becomes markup, and every module that is imported is there.
        @Test func importsOnlyWhatIsThere() throws {
            let files = Self.embedded(adminPagesFiles()).merging(Self.embedded(adminKitFiles())) { $1 }
            for (path, content) in files where path.hasSuffix(".js") {
                let text = String(decoding: content, as: UTF8.self)
                for forbidden in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
                    #expect(!text.contains(forbidden), "\(path) has \(forbidden)")
                }
                let base = URL(filePath: "/\(path)").deletingLastPathComponent()
                for match in text.matches(of: /from "([^"]+)"/) {
                    #expect(match.1.hasPrefix("."), "\(path) imports \(match.1)")
                    let target = base.appending(path: String(match.1)).standardizedFileURL.path.dropFirst()
                    #expect(files[String(target)] != nil, "\(path) imports \(match.1)")
                }
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

        private static func embedded(_ list: UnsafePointer<EmbeddedFile>) -> [String: Data] {
            var files: [String: Data] = [:]
            var next = list
            while let path = next.pointee.path {
                files[String(cString: path)] = Data(bytes: next.pointee.content, count: next.pointee.length)
                next += 1
            }
            return files
        }
    }
}
