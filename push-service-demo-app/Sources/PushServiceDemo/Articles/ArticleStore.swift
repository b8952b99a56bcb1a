import Foundation
import GRDB
import PushRuntime

/// The articles in SQLite. Each change is written together with what has to be published of it, so neither is ever there without the other.
public struct ArticleStore: Sendable {
    /// Articles of a page at most.
    public static let maximumPage = 100

    let database: DatabasePool
    let outbox: Outbox

    /// Opens the file, or makes it with two sample articles.
    ///
    /// - Throws: `StartupError` with what to do about it.
    public init(path: String) throws {
        do {
            var configuration = Configuration()
            // Another process, such as a backup, may have the file for a moment.
            configuration.busyMode = .timeout(5)
            configuration.maximumReaderCount = 4
            // A container need not have a folder for temporary files.
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA temp_store = MEMORY") }
            let database = try DatabasePool(path: path, configuration: configuration)
            try Self.migrator.migrate(database)
            self.database = database
            self.outbox = Outbox(database: database)
        } catch {
            let reason = (error as? DatabaseError)?.message ?? StartupError.describe(error)
            throw StartupError(
                "cannot open the database '\(path)': \(reason) (set DEMO_DATABASE to a file in a folder that this user may write to)"
            )
        }
    }

    /// - Parameters:
    ///   - before: Only articles with a smaller id.
    ///   - limit: 1 to ``maximumPage``.
    public func page(before: Int64? = nil, limit: Int = Self.maximumPage) async throws -> ArticlePage {
        let limit = max(1, min(limit, Self.maximumPage))
        // One more tells whether there is another page. The excerpt needs only the beginning of a text.
        let rows = try await self.database.read { database in
            try Article.fetchAll(
                database,
                sql: """
                    SELECT id, title, substr(text, 1, 1000) AS text, version, created, updated FROM article
                    WHERE id < ? ORDER BY id DESC LIMIT ?
                    """,
                arguments: [before ?? Int64.max, limit + 1])
        }
        let articles = rows.prefix(limit).map(\.summary)
        return ArticlePage(articles: articles, next: rows.count > limit ? articles.last?.id : nil)
    }

    public func article(_ id: Int64) async throws -> Article? {
        try await self.database.read { try Self.find(id, in: $0) }
    }

    public func create(_ draft: ArticleDraft) async throws -> Article {
        let article = try await self.database.write { database in
            let now = Timestamp.now()
            try database.execute(
                sql: "INSERT INTO article (title, text, version, created, updated) VALUES (?, ?, 1, ?, ?)",
                arguments: [draft.title, draft.text, now, now])
            let article = Article(
                id: database.lastInsertedRowID, title: draft.title, text: draft.text, version: 1, created: now, updated: now)
            try Outbox.add(ArticleChange(kind: .created, article: article.summary), to: database)
            return article
        }
        self.outbox.signal.tell()
        return article
    }

    /// - Parameter version: Of the article that the change was made from.
    /// - Throws: ``ArticleChangeError``
    public func update(_ id: Int64, to draft: ArticleDraft, from version: Int64) async throws -> Article {
        let article = try await self.database.write { database in
            var article = try Self.find(id, version: version, in: database)
            article.title = draft.title
            article.text = draft.text
            article.version += 1
            article.updated = Timestamp.now()
            try database.execute(
                sql: "UPDATE article SET title = ?, text = ?, version = ?, updated = ? WHERE id = ?",
                arguments: [article.title, article.text, article.version, article.updated, id])
            try Outbox.add(ArticleChange(kind: .updated, article: article.summary), to: database)
            return article
        }
        self.outbox.signal.tell()
        return article
    }

    /// - Parameter version: If given, only that version is deleted.
    /// - Throws: ``ArticleChangeError``
    public func delete(_ id: Int64, from version: Int64?) async throws {
        try await self.database.write { database in
            var article = try Self.find(id, version: version, in: database)
            try database.execute(sql: "DELETE FROM article WHERE id = ?", arguments: [id])
            // Newer than any version that a page may have, so that none comes back after it.
            article.version += 1
            article.updated = Timestamp.now()
            try Outbox.add(ArticleChange(kind: .deleted, article: article.summary), to: database)
        }
        self.outbox.signal.tell()
    }

    /// Whether the database answers.
    public func check() async throws {
        _ = try await self.database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM outbox") }
    }

    private static func find(_ id: Int64, in database: Database) throws -> Article? {
        try Article.fetchOne(database, sql: "SELECT * FROM article WHERE id = ?", arguments: [id])
    }

    private static func find(_ id: Int64, version: Int64?, in database: Database) throws -> Article {
        guard let article = try self.find(id, in: database) else { throw ArticleChangeError.notFound }
        if let version, article.version != version { throw ArticleChangeError.conflict(current: article, expected: version) }
        return article
    }
}
