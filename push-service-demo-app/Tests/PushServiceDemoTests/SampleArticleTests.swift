import Foundation
import NIOHTTP1
import PushServiceDemo
import PushTestSupport
import Testing

@Suite("Sample articles") struct SampleArticleTests {
    @Test("A new database has two, and does not get them again") func samples() async throws {
        let folder = try TemporaryDirectory()
        let database = folder.file("demo.sqlite")
        try await RunningDemo.run(database: database) { demo in
            let page = try await demo.get("/api/articles").json(ArticlePage.self)
            #expect(page.articles.count == 2)
            for article in page.articles {
                #expect(try await demo.send(.DELETE, "/api/articles/\(article.id)").status == 204)
            }
        }
        try await RunningDemo.run(database: database) { demo in
            #expect(try await demo.get("/api/articles").json(ArticlePage.self).articles.isEmpty)
            #expect(try await demo.get("/").text.contains("<p id=\"empty\">"))
            try await demo.create("Kept")
        }
        try await RunningDemo.run(database: database) { demo in
            let page = try await demo.get("/api/articles").json(ArticlePage.self)
            #expect(page.articles.map(\.title) == ["Kept"])
        }
    }
}
