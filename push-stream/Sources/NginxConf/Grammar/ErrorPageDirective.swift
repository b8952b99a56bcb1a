/// The arguments of `error_page`.
public struct ErrorPageDirective: Sendable, Hashable {
    public enum Answer: Sendable, Hashable {
        case kept
        /// `=200`
        case fixed(Int)
        /// `=`
        case answered
    }

    public let statuses: [Int]
    public let answer: Answer
    public let place: String

    /// - Throws: Nginx's message for a status that is none, or a place that leads nowhere.
    public init(_ directive: Directive) throws(ConfigurationError) {
        var words = directive.arguments
        self.place = words.removeLast()
        if self.place.hasPrefix("@") {
            throw directive.error("named location \"\(self.place)\" is not supported: there are none here")
        }
        if let last = words.last, let code = last.withoutPrefix("=") {
            guard let status = Units.number(code) else { throw directive.error("invalid value \"\(last)\"") }
            self.answer = .fixed(status)
            words.removeLast()
        } else if words.last == "=" {
            self.answer = .answered
            words.removeLast()
        } else {
            self.answer = .kept
        }
        var statuses: [Int] = []
        for word in words {
            guard let status = Units.number(word) else { throw directive.error("invalid value \"\(word)\"") }
            guard status != 499 else { throw directive.error("invalid value \"\(word)\"") }
            guard (300...599).contains(status) else {
                throw directive.error("value \"\(word)\" must be between 300 and 599")
            }
            statuses.append(status)
        }
        guard !statuses.isEmpty else { throw directive.error("invalid number of arguments in \"error_page\" directive") }
        self.statuses = statuses
    }
}
