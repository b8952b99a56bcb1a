extension DirectiveTable {
    private static let rewriteLevels: DirectiveContexts = [.server, .location, .serverIf, .locationIf]

    /// Decisions about a request before it is answered.
    static let rewrite: [DirectiveSpecification] = [
        .init(
            "if", in: [.server, .location], 1...Int.max, block: .locationIf, repeats: true,
            summary: "Directives for requests of which a condition holds: `$a`, `=`, `!=`, `~`, `~*`, `!~`, `!~*`."
        ) { directive throws(ConfigurationError) in
            _ = try ConditionDirective(directive)
        },
        .init("set", in: rewriteLevels, 2...2, .text, repeats: true, summary: "Gives a variable a value.") {
            directive throws(ConfigurationError) in
            guard directive.text.hasPrefix("$"), directive.text.utf8.count > 1 else {
                throw directive.error("invalid variable name \"\(directive.text)\"")
            }
            let name = String(directive.text.dropFirst())
            if BuiltInVariable(rawValue: name) != nil { throw directive.error("the duplicate \"\(name)\" variable") }
        },
        .init(
            "return", in: rewriteLevels, 1...2, .text, repeats: true, summary: "Answers with a status and a text, or redirects."
        ) {
            directive throws(ConfigurationError) in
            _ = try ReturnDirective(directive)
        },
        .init("break", in: rewriteLevels, 0...0, repeats: true, summary: "Ends the decisions."),
    ]
}
