import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import PushRuntime

/// `/api/articles`
struct ArticlesAPIController: Sendable {
    let store: ArticleStore
    let metrics: DemoMetrics

    /// 409, with what the article is now.
    private struct Conflict: Encodable {
        var code = 409
        let message: String
        let article: Article
    }

    /// 422, with a sentence for each field.
    private struct Invalid: Encodable {
        struct Fields: Encodable {
            let title: String?
            let text: String?
        }
        var code = 422
        let message: String
        let fields: Fields
    }

    func addRoutes(to router: Router<some RequestContext>) {
        let group = router.group("api/articles")
        group.get { request, _ in
            let query = request.uri.queryParameters
            func number(_ name: Substring, _ range: ClosedRange<Int64>) throws -> Int64? {
                guard let text = query[name] else { return nil }
                guard let value = Int64(text), range.contains(value) else {
                    throw APIError(
                        .badRequest,
                        message: "The parameter \(name) has to be a number from \(range.lowerBound) to \(range.upperBound).")
                }
                return value
            }
            let limit = try number("limit", 1...Int64(ArticleStore.maximumPage)).map { Int($0) }
            let page = try await self.store.page(
                before: try number("before", 1...Int64.max), limit: limit ?? ArticleStore.maximumPage)
            return try JSONAnswer.response(page)
        }
        group.get(":id") { _, context in
            guard let article = try await self.store.article(try context.articleID()) else {
                throw APIError(.notFound, message: ArticleChangeError.notFound.sentence)
            }
            return try JSONAnswer.response(article)
        }
        group.post { request, _ in
            try await self.answering {
                let input = try await request.json(ArticleInput.self, fields: "title and text, both strings")
                let article = try await self.store.create(try ArticleDraft(title: input.title, text: input.text))
                self.metrics.changed(.created)
                return try JSONAnswer.response(article, status: .created, headers: [.location: "/api/articles/\(article.id)"])
            }
        }
        group.put(":id") { request, context in
            let id = try context.articleID()
            return try await self.answering {
                let fields = "title and text, both strings, and version, the number of the version that was edited"
                let input = try await request.json(ArticleInput.self, fields: fields)
                guard let version = input.version else {
                    throw APIError(.badRequest, message: "The body has to be a JSON object with \(fields).")
                }
                let article = try await self.store.update(
                    id, to: try ArticleDraft(title: input.title, text: input.text), from: version)
                self.metrics.changed(.updated)
                return try JSONAnswer.response(article)
            }
        }
        group.delete(":id") { request, context in
            let id = try context.articleID()
            return try await self.answering {
                var version: Int64?
                if let text = request.uri.queryParameters["version"] {
                    version = Int64(text)
                    guard version != nil else {
                        throw APIError(.badRequest, message: "The parameter version has to be a number.")
                    }
                }
                try await self.store.delete(id, from: version)
                self.metrics.changed(.deleted)
                return Response(status: .noContent)
            }
        }
    }

    private func answering(_ body: () async throws -> Response) async throws -> Response {
        do {
            return try await body()
        } catch let invalid as InvalidArticle {
            return try JSONAnswer.response(
                Invalid(message: invalid.sentences, fields: .init(title: invalid.title, text: invalid.text)),
                status: .unprocessableContent)
        } catch let error as ArticleChangeError {
            switch error {
            case .notFound: throw APIError(.notFound, message: error.sentence)
            case .conflict(let current, _):
                return try JSONAnswer.response(Conflict(message: error.sentence, article: current), status: .conflict)
            }
        }
    }
}

/// Answers with JSON, always with its fields in the same order.
enum JSONAnswer {
    static func response(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var headers = headers
        headers[.contentType] = "application/json; charset=utf-8"
        return Response(
            status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
    }
}
