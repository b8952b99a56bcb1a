import CAPIDocsKit
import CAPIDocumentation
import CAdminKit
import Foundation
import PushAdmin
import PushTestSupport
import Testing

@testable import PushAPI

extension LiveTests {
    @Suite struct APIDocumentationTests {
        @Test func servesTheDescriptionWithoutSignIn() async throws {
            try await withAPI { (api) async throws in
                var http = api.http
                http.authorization = nil
                let answer = try await http.request("GET", "/api/v1/openapi.json")
                #expect(answer.status == 200)
                #expect(answer.headers["content-type"] == "application/json")
                #expect(answer.headers["cache-control"] == "public, max-age=60")
                #expect(answer.body == Self.description?.content)
                let tag = try #require(answer.headers["etag"])
                for known in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                    let again = try await http.request("GET", "/api/v1/openapi.json", headers: ["If-None-Match: \(known)"])
                    #expect(again.status == 304, "\(known)")
                    #expect(again.body.isEmpty)
                    #expect(again.headers["etag"] == tag)
                    #expect(again.headers["cache-control"] == "public, max-age=60")
                }
                let other = try await http.request("GET", "/api/v1/openapi.json", headers: ["If-None-Match: \"other\""])
                #expect(other.status == 200)
                let head = try await http.request("HEAD", "/api/v1/openapi.json")
                #expect(head.status == 200)
                #expect(head.headers["content-length"] == answer.headers["content-length"])
                #expect(try await http.request("POST", "/api/v1/openapi.json", body: "{}").status == 405)
                // Not even wrong credentials are looked at.
                http.authorization = "Basic !!!"
                #expect(try await http.request("GET", "/api/v1/openapi.json").status == 200)
            }
        }

        @Test func servesAPageThatLoadsNothingFromElsewhere() async throws {
            try await withAPI { (api) async throws in
                var http = api.http
                http.authorization = nil
                let page = try await http.request("GET", "/api/docs")
                #expect(page.status == 200)
                #expect(page.headers["content-type"] == "text/html; charset=utf-8")
                let policy = try #require(page.headers["content-security-policy"])
                #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self';"))
                #expect(policy.contains("connect-src 'self';"))
                #expect(!policy.contains("unsafe") && !policy.contains("http"))
                // The policy allows nothing inline and no other host.
                #expect(!page.text.contains("<style") && !page.text.contains("style=") && !page.text.contains("{{"))
                #expect(page.text.matches(of: /<script(?![^>]* src=)/).isEmpty)
                #expect(page.text.firstMatch(of: /\son[a-z]+=/) == nil)
                let names = Set(page.text.matches(of: /(?:src|href)="([^"]+)"/).map { String($0.1) })
                let files = StaticFiles.embedded([adminKitFiles(), apiDocsFiles()]).files
                // All but the page itself.
                #expect(names.filter { $0.hasPrefix("/api/docs/") }.count == files.count - 1)
                for name in names {
                    #expect(name.hasPrefix("/api/docs/") || name == "/api/v1/openapi.json")
                    #expect(try await http.request("GET", name).status == 200, "\(name)")
                }
                let tag = try #require(page.headers["etag"])
                #expect(try await http.request("GET", "/api/docs", headers: ["If-None-Match: \(tag)"]).status == 304)
                // The page of `/` is the admin app.
                #expect(try await http.request("GET", "/").headers["location"] == "/admin")
                for path in ["/api/docs/none.js", "/api/docs/..%2Fopenapi.json", "/api/docs/sub/docs.js", "/api/docs/%00"] {
                    #expect(try await http.request("GET", path).status == 404, "\(path)")
                }
            }
        }

        @Test func embedsTheDocumentOfTheWorkingCopy() throws {
            let file = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../../Sources/CAPIDocumentation/openapi.json").standardizedFileURL
            #expect(Self.description.map { Data($0.content) } == (try Data(contentsOf: file)))
        }

        private static let description = StaticFiles.embedded([apiDescriptionFiles()]).files["openapi.json"]
    }
}
