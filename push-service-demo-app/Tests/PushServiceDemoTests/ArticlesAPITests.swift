import Foundation
import NIOHTTP1
import PushServiceDemo
import PushTestSupport
import Testing

@Suite("/api/articles") struct ArticlesAPITests {
    @Test("An article is written, read, listed, edited and deleted") func life() async throws {
        try await RunningDemo.run { demo in
            let answer = try await demo.send(.POST, "/api/articles", body: RunningDemo.json(" First ", "One\r\ntwo"))
            #expect(answer.status == 201)
            let article: Article = try answer.json()
            #expect(answer.headers.first(name: "Location") == "/api/articles/\(article.id)")
            #expect((article.title, article.text, article.version) == ("First", "One\ntwo", 1))
            #expect(try await demo.get("/api/articles/\(article.id)").json(Article.self) == article)

            let edited = try await demo.update(article, title: "Second")
            #expect((edited.title, edited.version, edited.created) == ("Second", 2, article.created))
            let page = try await demo.get("/api/articles").json(ArticlePage.self)
            #expect(page.articles.first?.id == article.id)
            #expect(page.articles.first?.title == "Second")
            #expect(page.articles.first?.excerpt == "One two")
            #expect(page.next == nil)

            #expect(try await demo.send(.DELETE, "/api/articles/\(article.id)?version=2").status == 204)
            let gone = try await demo.get("/api/articles/\(article.id)")
            #expect(gone.status == 404)
            #expect(try gone.json(RunningDemo.Problem.self).message.contains("deleted"))
            #expect(try await demo.send(.DELETE, "/api/articles/\(article.id)").status == 404)
            // Its id does not become another's.
            #expect(try await demo.create("Third").id > article.id)
        }
    }

    @Test("A list comes in pages, newest first") func pages() async throws {
        try await RunningDemo.run { demo in
            let all = try await demo.get("/api/articles").json(ArticlePage.self).articles.map(\.id)
            var ids = all
            for number in 1...5 { ids.insert(try await demo.create("Number \(number)").id, at: 0) }
            var seen: [Int64] = []
            var path = "/api/articles?limit=3"
            while true {
                let page = try await demo.get(path).json(ArticlePage.self)
                #expect(page.articles.count <= 3)
                seen += page.articles.map(\.id)
                guard let next = page.next else { break }
                path = "/api/articles?limit=3&before=\(next)"
            }
            #expect(seen == ids)
            for query in ["limit=0", "limit=101", "limit=x", "before=0", "before=x"] {
                let answer = try await demo.get("/api/articles?\(query)")
                #expect(answer.status == 400)
                #expect(try answer.json(RunningDemo.Problem.self).message.contains("has to be a number from"))
            }
        }
    }

    @Test(
        "What an article cannot be is said in a sentence",
        arguments: [
            ("", "x", "title", "is empty"),
            (" \n ", "x", "title", "is empty"),
            (String(repeating: "ä", count: 201), "x", "title", "has 201 characters: it can have up to 200"),
            ("a\u{7}b", "x", "title", "control characters"),
            ("a\nb", "x", "title", "line ends"),
            ("a", String(repeating: "ä", count: 20_001), "text", "has 20001 characters: it can have up to 20000"),
            ("a", "x\u{0}y", "text", "control characters"),
        ])
    func validation(title: String, text: String, field: String, sentence: String) async throws {
        struct Invalid: Decodable {
            let code: Int
            let message: String
            let fields: [String: String]
        }
        try await RunningDemo.run { demo in
            let existing = try await demo.create("There")
            let before = try await demo.get("/api/articles").text
            let input = try RunningDemo.json(title, text, existing.version)
            let answers = [
                try await demo.send(.POST, "/api/articles", body: input),
                try await demo.send(.PUT, "/api/articles/\(existing.id)", body: input),
            ]
            for answer in answers {
                #expect(answer.status == 422)
                let invalid = try answer.json(Invalid.self)
                #expect(invalid.fields.keys.sorted() == [field])
                #expect(invalid.fields[field]?.contains(sentence) == true, "\(invalid)")
                #expect(invalid.message == invalid.fields[field])
            }
            #expect(try await demo.get("/api/articles").text == before)
        }
    }

    @Test("The longest article is taken, with every kind of character") func longest() async throws {
        try await RunningDemo.run { demo in
            let title = String(repeating: "😀", count: 200)
            let text = String(repeating: "日\u{1F600}\n\t<", count: 4_000)
            let article = try await demo.create(title, text: text)
            #expect((article.title, article.text) == (title, text))
        }
    }

    @Test(
        "What is no article at all is refused", arguments: ["", "{", "[]", "{\"title\":\"a\"}", "{\"title\":1,\"text\":\"b\"}"])
    func malformed(body: String) async throws {
        try await RunningDemo.run { demo in
            let answer = try await demo.send(.POST, "/api/articles", body: body)
            #expect(answer.status == 400)
            #expect(try answer.json(RunningDemo.Problem.self).message.contains("JSON object with title and text"))
        }
    }

    @Test("What is far too large is refused") func tooLarge() async throws {
        try await RunningDemo.run { demo in
            let body = try RunningDemo.json("a", String(repeating: "x", count: 600_000))
            let answer = try await demo.send(.POST, "/api/articles", body: body)
            #expect(answer.status == 413)
            #expect(try answer.json(RunningDemo.Problem.self).message.contains("up to 20,000"))
        }
    }

    @Test("Of two edits of one version the second is told, with what the article is now") func conflict() async throws {
        try await RunningDemo.run { demo in
            let article = try await demo.create("One")
            let edited = try await demo.update(article, title: "Two")
            for (method, path, body) in [
                ("PUT", "/api/articles/\(article.id)", try RunningDemo.json("Mine", "", 1) as String?),
                ("DELETE", "/api/articles/\(article.id)?version=1", nil),
            ] {
                let answer = try await demo.send(.init(rawValue: method), path, body: body)
                #expect(answer.status == 409)
                let problem = try answer.json(RunningDemo.Problem.self)
                #expect(problem.message.contains("it is version 2 now, and your change was made from version 1"))
                #expect(problem.article == edited)
            }
            #expect(try await demo.get("/api/articles/\(article.id)").json(Article.self) == edited)
            // Without a version an edit would be one over whatever is there.
            let blind = try await demo.send(.PUT, "/api/articles/\(article.id)", body: RunningDemo.json("Mine", ""))
            #expect(blind.status == 400)
            #expect(try await demo.send(.PUT, "/api/articles/999", body: RunningDemo.json("Mine", "", 1)).status == 404)
        }
    }

    @Test("Of many edits at once exactly one holds") func race() async throws {
        try await RunningDemo.run { demo in
            let article = try await demo.create("One")
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 1...8 {
                    group.addTask {
                        let body = try RunningDemo.json("Number \(number)", "", 1)
                        return try await demo.send(.PUT, "/api/articles/\(article.id)", body: body).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 200 }.count == 1)
            #expect(statuses.filter { $0 == 409 }.count == 7)
            #expect(try await demo.get("/api/articles/\(article.id)").json(Article.self).version == 2)
        }
    }

    @Test("Other methods are told what there is, other ids that there is nothing") func others() async throws {
        try await RunningDemo.run { demo in
            let answer = try await demo.send(.PATCH, "/api/articles/1")
            #expect(answer.status == 405)
            #expect(answer.headers.first(name: "Allow") == "DELETE, GET, HEAD, OPTIONS, PUT")
            for id in ["0", "-1", "x", "99999999999999999999", "1%2F2"] {
                #expect(try await demo.get("/api/articles/\(id)").status == 404)
            }
        }
    }
}
