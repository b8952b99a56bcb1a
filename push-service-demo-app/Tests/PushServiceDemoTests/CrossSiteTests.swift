import NIOHTTP1
import PushServiceDemo
import PushTestSupport
import Testing

@Suite("Requests that pages of other sites make browsers send") struct CrossSiteTests {
    @Test(
        "They change nothing",
        arguments: [
            [("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")], [("Origin", "http://evil.example.com")],
            [("Origin", "null")], [("Origin", "http://127.0.0.1:1")], [("Origin", "nonsense")],
            [("Sec-Fetch-Site", "cross-site"), ("Origin", "http://127.0.0.1")],
        ])
    func refused(headers: [(String, String)]) async throws {
        try await RunningDemo.run { demo in
            let article = try await demo.create("Stays")
            let path = "/articles/\(article.id)"
            let fields = [("title", "x"), ("text", "y"), ("version", "1")]
            for address in ["/articles", path, "\(path)/delete"] {
                let answer = try await demo.submit(address, fields, headers: headers)
                #expect(answer.status == 403)
                #expect(answer.headers.first(name: "Content-Type") == "text/html; charset=utf-8")
                #expect(answer.text.contains("The page of another site sent this"))
            }
            let input = try RunningDemo.json("x", "y", 1)
            #expect(try await demo.send(.POST, "/api/articles", body: input, headers: headers).status == 403)
            #expect(try await demo.send(.PUT, "/api\(path)", body: input, headers: headers).status == 403)
            #expect(try await demo.send(.DELETE, "/api\(path)", headers: headers).status == 403)
            #expect(try await demo.get("/api\(path)").json(Article.self) == article)
            // Looking is no change.
            #expect(try await demo.send(.GET, path, headers: headers).status == 200)
        }
    }

    @Test("This app's own pages and other programs go through") func allowed() async throws {
        try await RunningDemo.run { demo in
            for headers in [
                [], [("Sec-Fetch-Site", "same-origin")], [("Sec-Fetch-Site", "none")],
                [("Origin", "http://127.0.0.1:\(demo.port)")],
                // TLS ends before the app.
                [("Origin", "https://127.0.0.1:\(demo.port)")],
            ] {
                let answer = try await demo.submit("/articles", [("title", "x"), ("text", "")], headers: headers)
                #expect(answer.status == 303, "\(headers)")
            }
        }
    }
}
