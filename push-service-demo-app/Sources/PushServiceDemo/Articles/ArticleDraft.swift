/// What somebody wants an article to be, checked.
public struct ArticleDraft: Sendable, Equatable {
    /// Unicode scalars.
    public static let titleLimit = 200
    /// Unicode scalars.
    public static let textLimit = 20_000

    public let title: String
    public let text: String

    /// - Parameters:
    ///   - title: 1 to 200 characters on one line, white space around it left away.
    ///   - text: Up to 20,000 characters; a form's line ends become those of a text file.
    /// - Throws: ``InvalidArticle`` with all that is wrong.
    public init(title: String, text: String) throws(InvalidArticle) {
        let title = Self.trimmed(title)
        let text = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
        var invalid = InvalidArticle()
        let titleLength = title.unicodeScalars.count
        if titleLength == 0 {
            invalid.title = "The title is empty: give the article one of up to \(Self.titleLimit) characters."
        } else if titleLength > Self.titleLimit {
            invalid.title = "The title has \(titleLength) characters: it can have up to \(Self.titleLimit)."
        } else if title.unicodeScalars.contains(where: { Self.isControl($0) }) {
            invalid.title = "The title holds line ends or other control characters: leave them away."
        }
        let textLength = text.unicodeScalars.count
        if textLength > Self.textLimit {
            invalid.text = "The text has \(textLength) characters: it can have up to \(Self.textLimit)."
        } else if text.unicodeScalars.contains(where: { Self.isControl($0) && $0 != "\n" && $0 != "\t" }) {
            invalid.text = "The text holds control characters that are neither line ends nor tabs: leave them away."
        }
        guard invalid.title == nil, invalid.text == nil else { throw invalid }
        self.title = title
        self.text = text
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .control }

    private static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars.drop { $0.properties.isWhitespace }
        guard let last = scalars.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
        return String(scalars[...last])
    }
}

/// What is wrong with an article, a sentence for each field.
public struct InvalidArticle: Error, Sendable, Equatable {
    public var title: String?
    public var text: String?

    public init(title: String? = nil, text: String? = nil) {
        self.title = title
        self.text = text
    }

    /// All of it.
    public var sentences: String { [self.title, self.text].compactMap { $0 }.joined(separator: " ") }
}

/// Why an article could not be changed.
public enum ArticleChangeError: Error, Sendable, Equatable {
    /// There is none with this id, or not any more.
    case notFound
    /// Somebody else was faster: what it is now, and the version that the change was meant for.
    case conflict(current: Article, expected: Int64)

    /// What to tell a person.
    var sentence: String {
        switch self {
        case .notFound: "This article does not exist, or somebody has deleted it."
        case .conflict(let current, let expected):
            "Somebody else has saved this article meanwhile: it is version \(current.version) now, and your change was made from version "
                + "\(expected). Nothing was changed. Look at what it is now, then make your change again from version \(current.version)."
        }
    }
}
