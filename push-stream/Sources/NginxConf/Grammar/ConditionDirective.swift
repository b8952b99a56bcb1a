/// The arguments of `if`, before its variables are resolved.
public struct ConditionDirective: Sendable {
    private enum Test: Sendable {
        case isTrue
        case equals(String, negated: Bool)
        case matches(RegularExpression, negated: Bool)
    }

    private let variable: String
    private let test: Test
    private let location: SourceLocation

    /// - Throws: Nginx's message for a condition that it would not take, and for the file tests, which this server has not.
    public init(_ directive: Directive) throws(ConfigurationError) {
        let words = try Self.words(directive)
        self.location = directive.location
        guard let first = words.first, words.count == 1 || words.count == 3, let variable = first.withoutPrefix("$") else {
            if let first = words.first, first.hasPrefix("-") || first.hasPrefix("!-") {
                throw directive.error(
                    "condition \"\(first)\" is not supported: files are looked up when a request is answered, see try_files")
            }
            throw directive.error("invalid condition \"\(words.first ?? directive.text)\"")
        }
        self.variable = variable
        guard words.count == 3 else {
            self.test = .isTrue
            return
        }
        switch words[1] {
        case "=": self.test = .equals(words[2], negated: false)
        case "!=": self.test = .equals(words[2], negated: true)
        case "~": self.test = .matches(try .init(words[2], for: directive.location), negated: false)
        case "~*": self.test = .matches(try .init(words[2], caseInsensitive: true, for: directive.location), negated: false)
        case "!~": self.test = .matches(try .init(words[2], for: directive.location), negated: true)
        case "!~*": self.test = .matches(try .init(words[2], caseInsensitive: true, for: directive.location), negated: true)
        default: throw directive.error("unexpected \"\(words[1])\" in condition")
        }
    }

    /// The variables that named groups make.
    public var groupNames: [String] {
        guard case .matches(let expression, _) = self.test else { return [] }
        return Array(expression.groupNames.keys)
    }

    /// - Parameter declared: the variables that this configuration makes.
    public func condition(declared: Set<String>) throws(ConfigurationError) -> Condition {
        guard let variable = Variable(name: self.variable) ?? (declared.contains(self.variable) ? .user(self.variable) : nil)
        else {
            throw ConfigurationError("unknown \"\(self.variable)\" variable", at: self.location)
        }
        switch self.test {
        case .isTrue: return .isTrue(variable)
        case .equals(let text, let negated):
            return .equals(variable, try ComplexValue(text, declared: declared, at: self.location), negated: negated)
        case .matches(let expression, let negated): return .matches(variable, expression, negated: negated)
        }
    }

    /// What stands between the parentheses, which may touch their neighbours or stand alone.
    private static func words(_ directive: Directive) throws(ConfigurationError) -> [String] {
        var words = directive.arguments
        guard let first = words.first, first.hasPrefix("(") else {
            throw directive.error("invalid condition \"\(directive.text)\"")
        }
        words[0] = String(first.dropFirst())
        guard let last = words.last, last.hasSuffix(")") else {
            throw directive.error("invalid condition \"\(words.last ?? "")\"")
        }
        words[words.count - 1] = String(last.dropLast())
        if words.first == "" { words.removeFirst() }
        // An empty last word was written as "" if a word stands before it that wants one: `($a = "")`.
        if words.last == "", words.count != 3 { words.removeLast() }
        return words
    }
}
