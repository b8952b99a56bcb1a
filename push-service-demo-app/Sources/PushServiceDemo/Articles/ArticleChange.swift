import Foundation

/// What is published when an article changes.
public struct ArticleChange: Sendable, Equatable, Codable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case created
        case updated
        case deleted
    }

    public let kind: Kind
    /// Without the text, which need not fit into a message of push-stream: pages fetch it.
    public let article: ArticleSummary

    /// The channel with the changes of all articles.
    static let all = "articles"
    /// Seconds for which the channel of one article is kept: a day.
    static let articleChannelTTL = 86_400

    /// Where it is published: for pages with a list, and for pages with this article.
    var channels: [PushAPIClient.Channel] {
        [
            PushAPIClient.Channel(id: Self.all, ttl: 0),
            PushAPIClient.Channel(id: "article-\(self.article.id)", ttl: Self.articleChannelTTL),
        ]
    }

    func payload() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
