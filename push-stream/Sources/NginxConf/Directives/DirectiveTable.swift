/// Every directive that this server knows.
public enum DirectiveTable {
    /// In the order of the documentation.
    public static let all: [DirectiveSpecification] = [
        Self.process, Self.http, Self.files, Self.limits, Self.tls, Self.rewrite, Self.pushStream, Self.engine,
        Self.meaningless, Self.refused,
    ].flatMap { $0 }

    private static let byName: [String: DirectiveSpecification] =
        Dictionary(Self.all.map { ($0.name, $0) }) { first, _ in first }

    /// The row of this name; one that names a whole family (`proxy_*`) if there is no other.
    public static func specification(_ name: String) -> DirectiveSpecification? {
        if let exact = Self.byName[name] { return exact }
        guard let family = self.refusedFamilies.first(where: { name.hasPrefix($0.prefix) }) else { return nil }
        return DirectiveSpecification(name, in: [], 0...Int.max, standing: .refused(family.reason), summary: family.reason)
    }

    /// The table as Markdown.
    public static var markdown: String {
        var text = """
            # Directives

            What push-stream does with each directive of nginx.conf. Made from the table that reads the file
            (`Sources/NginxConf/Directives`); a test fails when the two differ.

            A directive that is not named here is an error: `unknown directive "x" in FILE:LINE`.

            """
        for origin in [DirectiveSpecification.Origin.pushStreamModule, .engine, .nginx] {
            text +=
                "\n## \(origin.rawValue)\n\n| directive | where | arguments | default | what it says |\n|---|---|---|---|---|\n"
            for row in self.all where row.origin == origin {
                if case .refused = row.standing { continue }
                if case .meaningless = row.standing { continue }
                text += row.markdown
            }
        }
        text += "\n## Accepted with a notice\n\n| directive | why it has no effect |\n|---|---|\n"
        for row in self.all {
            if case .meaningless(let reason) = row.standing { text += "| `\(row.name)` | \(reason) |\n" }
        }
        text += "\n## Refused by name\n\n| directive | why |\n|---|---|\n"
        for row in self.all {
            if case .refused(let reason) = row.standing { text += "| `\(row.name)` | \(reason) |\n" }
        }
        for family in self.refusedFamilies { text += "| `\(family.prefix)*` | \(family.reason) |\n" }
        return text
    }
}

extension DirectiveSpecification {
    fileprivate var markdown: String {
        let arguments =
            switch self.kind {
            case .text: self.arity.upperBound == 0 ? "none" : "text"
            case .flag: "`on` or `off`"
            case .number: "number"
            case .size, .offset: "size"
            case .milliseconds, .seconds: "time"
            case .choice(let words): words.map { "`\($0)`" }.joined(separator: ", ")
            case .complex: "text with variables"
            }
        let shown = self.defaultValue.map { "`\($0)`" } ?? ""
        let note: String = if case .implied(let reason) = self.standing { " Nothing to set here: \(reason)." } else { "" }
        return
            "| `\(self.name)` | \(self.contexts.names.joined(separator: ", ")) | \(arguments) | \(shown) | \(self.summary)\(note) |\n"
    }
}
