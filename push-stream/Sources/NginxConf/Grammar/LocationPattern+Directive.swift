extension LocationPattern {
    /// Reads the arguments of `location`.
    public init(_ directive: Directive) throws(ConfigurationError) {
        let arguments = directive.arguments
        if arguments.count == 2 {
            try self.init(modifier: arguments[0], arguments[1], directive)
            return
        }
        // Without a blank, as Nginx also reads it: `location =/path`, `location ^~/path`, `location ~expression`.
        let text = directive.text
        if let rest = text.withoutPrefix("=") {
            try self.init(modifier: "=", rest, directive)
        } else if let rest = text.withoutPrefix("^~") {
            try self.init(modifier: "^~", rest, directive)
        } else if let rest = text.withoutPrefix("~*") {
            try self.init(modifier: "~*", rest, directive)
        } else if let rest = text.withoutPrefix("~") {
            try self.init(modifier: "~", rest, directive)
        } else if text.hasPrefix("@") {
            throw directive.error("named location \"\(text)\" is not supported: nothing here leads to one")
        } else {
            self = .prefix(text, skipsExpressions: false)
        }
    }

    private init(modifier: String, _ text: String, _ directive: Directive) throws(ConfigurationError) {
        switch modifier {
        case "=": self = .exact(text)
        case "^~": self = .prefix(text, skipsExpressions: true)
        case "~": self = .expression(try RegularExpression(text, for: directive.location))
        case "~*": self = .expression(try RegularExpression(text, caseInsensitive: true, for: directive.location))
        default: throw directive.error("invalid location modifier \"\(modifier)\"")
        }
    }
}

extension RegularExpression {
    /// Compiles with Nginx's message for a bad pattern.
    init(_ pattern: String, caseInsensitive: Bool = false, for location: SourceLocation) throws(ConfigurationError) {
        do {
            try self.init(pattern, caseInsensitive: caseInsensitive)
        } catch {
            let rest = String(decoding: Array(pattern.utf8).dropFirst(error.offset), as: UTF8.self)
            let place = rest.isEmpty ? "" : " at \"\(rest)\""
            throw ConfigurationError("pcre2_compile() failed: \(error.reason) in \"\(pattern)\"\(place)", at: location)
        }
    }
}

extension ComplexValue {
    /// Reads with Nginx's messages.
    public init(
        _ text: String,
        declared: Set<String>,
        at location: SourceLocation
    ) throws(ConfigurationError) {
        do {
            try self.init(parsing: text, declared: declared)
        } catch {
            switch error {
            case .unknownVariable(let name): throw ConfigurationError("unknown \"\(name)\" variable", at: location)
            case .unclosedBrace(let name):
                throw ConfigurationError("the closing bracket in \"\(name)\" variable is missing", at: location)
            case .emptyName: throw ConfigurationError("invalid variable name", at: location)
            }
        }
    }
}
