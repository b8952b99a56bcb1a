/// A directive as it stands in the configuration, checked against its row of the table.
public struct Directive: Sendable {
    public let specification: DirectiveSpecification
    public let arguments: [String]
    public let location: SourceLocation
    /// The first argument by the directive's kind.
    public let value: DirectiveValue
    /// What stands in its braces.
    public internal(set) var block: Block?

    public var name: String { self.specification.name }

    /// The first argument; empty if there is none.
    public var text: String { self.arguments.first ?? "" }

    /// An error about this directive.
    public func error(_ message: String, level: DiagnosticLevel = .emerg) -> ConfigurationError {
        ConfigurationError(message, at: self.location, level: level)
    }
}

/// A value read by its directive's kind.
public enum DirectiveValue: Sendable, Hashable {
    case text(String)
    case flag(Bool)
    /// A number, bytes, or milliseconds.
    case number(Int)
}

/// Directives between braces, or those of the whole configuration.
public struct Block: Sendable {
    public let context: DirectiveContexts
    public internal(set) var directives: [Directive] = []

    public init(context: DirectiveContexts) {
        self.context = context
    }

    public func first(_ name: String) -> Directive? {
        self.directives.first { $0.name == name }
    }

    public func all(_ names: String...) -> [Directive] {
        self.directives.filter { names.contains($0.name) }
    }
}

/// A block together with those around it, innermost first: looks directives up with Nginx's inheritance.
public struct Scope: Sendable {
    public let blocks: [Block]

    public init(_ block: Block, in outer: Scope? = nil) {
        self.blocks = [block] + (outer?.blocks ?? [])
    }

    public var block: Block { self.blocks[0] }

    /// The directive of the innermost block that has it.
    public func nearest(_ name: String) -> Directive? {
        for block in self.blocks {
            if let directive = block.first(name) { return directive }
        }
        return nil
    }

    /// All of these directives of the innermost block that has any.
    public func nearestAll(_ names: String...) -> [Directive] {
        for block in self.blocks {
            let found = block.directives.filter { names.contains($0.name) }
            if !found.isEmpty { return found }
        }
        return []
    }

    public func text(_ name: String) -> String? { self.nearest(name)?.text }

    public func flag(_ name: String) -> Bool? {
        guard case .flag(let value)? = self.nearest(name)?.value else { return nil }
        return value
    }

    /// A number, bytes, or milliseconds, by the directive's kind.
    public func number(_ name: String) -> Int? {
        guard case .number(let value)? = self.nearest(name)?.value else { return nil }
        return value
    }
}
