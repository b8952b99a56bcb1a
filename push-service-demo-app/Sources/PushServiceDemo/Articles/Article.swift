import Foundation
import GRDB

/// An article as it is kept and as `/api/articles/ID` shows it.
public struct Article: Sendable, Equatable, Codable {
    /// Never given to another article, also after this one was deleted.
    public var id: Int64
    public var title: String
    public var text: String
    /// 1 when it was written, one more with each edit.
    public var version: Int64
    /// RFC 3339 in UTC with milliseconds.
    public var created: String
    /// The same.
    public var updated: String
}

/// An article without its text, as lists and published changes have it.
public struct ArticleSummary: Sendable, Equatable, Codable {
    public var id: Int64
    public var title: String
    /// How the text begins.
    public var excerpt: String
    public var version: Int64
    public var created: String
    public var updated: String
}

/// Articles, newest first, and where the next page begins.
public struct ArticlePage: Sendable, Equatable, Codable {
    public var articles: [ArticleSummary]
    /// What `before` of the next page is; `nil` on the last one.
    public var next: Int64?
}

extension Article {
    var summary: ArticleSummary {
        ArticleSummary(
            id: self.id, title: self.title, excerpt: Excerpt.of(self.text), version: self.version, created: self.created,
            updated: self.updated)
    }
}

/// The beginning of a text on one line.
enum Excerpt {
    /// Unicode scalars. An excerpt and a title, percent-encoded at three bytes for each of up to four, stay far below push-stream's 32 KB.
    static let length = 200

    static func of(_ text: some StringProtocol) -> String {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard line.unicodeScalars.count > self.length else { return line }
        let beginning = String(String.UnicodeScalarView(line.unicodeScalars.prefix(self.length)))
        return (beginning.last == " " ? String(beginning.dropLast()) : beginning) + "…"
    }
}

/// Times as the database and the API have them.
enum Timestamp {
    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    static func now() -> String { Date.now.formatted(self.style) }

    /// `2026-11-27T14:05:09.123Z` as `2026-11-27 14:05 UTC`.
    static func readable(_ timestamp: String) -> String { "\(timestamp.prefix(10)) \(timestamp.dropFirst(11).prefix(5)) UTC" }
}

extension Article: FetchableRecord {
    public init(row: Row) {
        self.init(
            id: row["id"], title: row["title"], text: row["text"], version: row["version"], created: row["created"],
            updated: row["updated"])
    }
}
