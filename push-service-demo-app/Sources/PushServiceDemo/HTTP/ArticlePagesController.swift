import HTTPTypes
import Hummingbird
import PushRuntime

/// The pages, which work with forms alone; scripts make them live.
struct ArticlePagesController: Sendable {
    let store: ArticleStore
    let pages: Pages
    let metrics: DemoMetrics

    func addRoutes(to router: Router<some RequestContext>) {
        router.get("/") { request, _ in
            try await self.list(before: request.uri.queryParameters["before"].flatMap { Int64($0) })
        }
        router.get("articles/new") { _, _ in
            self.form(for: nil, title: "", text: "", version: nil)
        }
        router.post("articles") { request, _ in
            let input = try await request.form(ArticleInput.self)
            do {
                let article = try await self.store.create(try ArticleDraft(title: input.title, text: input.text))
                self.metrics.changed(.created)
                return Self.redirect(to: "/articles/\(article.id)")
            } catch let invalid as InvalidArticle {
                return self.form(for: nil, title: input.title, text: input.text, version: nil, invalid: invalid)
            }
        }
        router.get("articles/:id") { _, context in
            let article = try await self.article(try context.articleID())
            return self.pages.response(
                .article, title: article.title, script: "article.js",
                [
                    "id": article.id, "title": article.title, "text": article.text, "version": article.version,
                    "created": article.created, "createdText": Timestamp.readable(article.created), "updated": article.updated,
                    "updatedText": Timestamp.readable(article.updated),
                ])
        }
        router.get("articles/:id/edit") { _, context in
            let article = try await self.article(try context.articleID())
            return self.form(for: article.id, title: article.title, text: article.text, version: article.version)
        }
        router.post("articles/:id") { request, context in
            let id = try context.articleID()
            let input = try await request.form(ArticleInput.self)
            guard let version = input.version else {
                throw APIError(
                    .badRequest, message: "The form is not complete. Go back, load the page again, and send it once more.")
            }
            do {
                _ = try await self.store.update(id, to: try ArticleDraft(title: input.title, text: input.text), from: version)
                self.metrics.changed(.updated)
                return Self.redirect(to: "/articles/\(id)")
            } catch let invalid as InvalidArticle {
                return self.form(for: id, title: input.title, text: input.text, version: version, invalid: invalid)
            } catch let error as ArticleChangeError {
                guard case .conflict(let current, _) = error else { throw Self.notFound }
                return self.form(
                    for: id, title: input.title, text: input.text, version: current.version, conflict: (error.sentence, current))
            }
        }
        router.get("articles/:id/delete") { _, context in
            self.deletion(of: try await self.article(try context.articleID()))
        }
        router.post("articles/:id/delete") { request, context in
            let id = try context.articleID()
            let input = try await request.form(DeletionInput.self)
            do {
                try await self.store.delete(id, from: input.version)
                self.metrics.changed(.deleted)
                return Self.redirect(to: "/")
            } catch let error as ArticleChangeError {
                guard case .conflict(let current, _) = error else { throw Self.notFound }
                return self.deletion(of: current, status: .conflict, problem: error.sentence)
            }
        }
    }

    private static var notFound: APIError { APIError(.notFound, message: ArticleChangeError.notFound.sentence) }

    private func article(_ id: Int64) async throws -> Article {
        guard let article = try await self.store.article(id) else { throw Self.notFound }
        return article
    }

    /// After a form was taken: loading the page that follows again must not send it again.
    private static func redirect(to path: String) -> Response { Response(status: .seeOther, headers: [.location: path]) }

    private func list(before: Int64?) async throws -> Response {
        let page = try await self.store.page(before: before)
        let articles: [[String: Any]] = page.articles.map { article in
            [
                "id": article.id, "title": article.title, "excerpt": article.excerpt, "version": article.version,
                "updated": article.updated, "updatedText": Timestamp.readable(article.updated),
            ]
        }
        var values: [String: Any] = ["articles": articles, "isEmpty": articles.isEmpty, "isFirst": before == nil]
        values["before"] = before
        values["next"] = page.next
        return self.pages.response(.list, title: "Articles", script: "list.js", values)
    }

    private func form(
        for id: Int64?, title: String, text: String, version: Int64?, invalid: InvalidArticle? = nil,
        conflict: (sentence: String, current: Article)? = nil
    ) -> Response {
        let heading = id == nil ? "Write an article" : "Edit the article"
        var values: [String: Any] = [
            "heading": heading, "action": id.map { "/articles/\($0)" } ?? "/articles",
            "back": id.map { "/articles/\($0)" } ?? "/",
            "title": title, "text": text, "titleLimit": ArticleDraft.titleLimit, "textLimit": ArticleDraft.textLimit,
        ]
        values["id"] = id
        values["version"] = version
        values["titleProblem"] = invalid?.title
        values["textProblem"] = invalid?.text
        if let conflict {
            values["conflict"] = [
                "sentence": conflict.sentence, "title": conflict.current.title, "text": conflict.current.text,
                "version": conflict.current.version,
            ]
        }
        let status: HTTPResponse.Status = conflict != nil ? .conflict : invalid != nil ? .unprocessableContent : .ok
        return self.pages.response(.edit, status: status, title: heading, script: id == nil ? nil : "edit.js", values)
    }

    private func deletion(of article: Article, status: HTTPResponse.Status = .ok, problem: String? = nil) -> Response {
        var values: [String: Any] = ["id": article.id, "title": article.title, "version": article.version]
        values["problem"] = problem
        return self.pages.response(.delete, status: status, title: "Delete the article", values)
    }
}
