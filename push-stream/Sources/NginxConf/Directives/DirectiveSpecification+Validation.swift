extension DirectiveSpecification {
    /// Checks number and form of the arguments, and reads the first.
    ///
    /// - Throws: Nginx's message for what is wrong.
    func read(_ arguments: [String], at location: SourceLocation) throws(ConfigurationError) -> Directive {
        guard self.arity.contains(arguments.count) else {
            throw ConfigurationError("invalid number of arguments in \"\(self.name)\" directive", at: location)
        }
        let value = try self.value(arguments.first ?? "", at: location)
        let directive = Directive(specification: self, arguments: arguments, location: location, value: value)
        try self.check?(directive)
        return directive
    }

    private func value(_ text: String, at location: SourceLocation) throws(ConfigurationError) -> DirectiveValue {
        func number(_ value: Int?, _ complaint: String) throws(ConfigurationError) -> DirectiveValue {
            guard let value else { throw ConfigurationError("\"\(self.name)\" directive \(complaint)", at: location) }
            return .number(value)
        }
        switch self.kind {
        case .text, .complex:
            return .text(text)
        case .flag:
            if let flag = Units.flag(text) { return .flag(flag) }
            let message = "invalid value \"\(text)\" in \"\(self.name)\" directive, it must be \"on\" or \"off\""
            throw ConfigurationError(message, at: location)
        case .number: return try number(Units.number(text), "invalid number")
        case .size: return try number(Units.size(text), "invalid value")
        case .offset: return try number(Units.size(text, gigabytes: true), "invalid value")
        case .milliseconds: return try number(Units.duration(text), "invalid value")
        case .seconds: return try number(Units.duration(text, wholeSeconds: true), "invalid value")
        case .choice(let words):
            guard words.contains(text.lowercased()) else { throw ConfigurationError("invalid value \"\(text)\"", at: location) }
            return .text(text.lowercased())
        }
    }
}
