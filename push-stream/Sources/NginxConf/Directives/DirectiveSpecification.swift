/// Where a directive may stand.
public struct DirectiveContexts: OptionSet, Sendable, Hashable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    public static let main = Self(rawValue: 1 << 0)
    public static let events = Self(rawValue: 1 << 1)
    public static let http = Self(rawValue: 1 << 2)
    public static let server = Self(rawValue: 1 << 3)
    public static let location = Self(rawValue: 1 << 4)
    public static let serverIf = Self(rawValue: 1 << 5)
    public static let locationIf = Self(rawValue: 1 << 6)
    public static let types = Self(rawValue: 1 << 7)

    public static let httpLevels: Self = [.http, .server, .location]

    /// The names that documentation uses, from the outside in.
    public var names: [String] {
        let all: [(Self, String)] = [
            (.main, "main"), (.events, "events"), (.http, "http"), (.server, "server"), (.location, "location"),
            (.serverIf, "if in server"), (.locationIf, "if in location"), (.types, "types"),
        ]
        return all.filter { self.contains($0.0) }.map(\.1)
    }
}

/// What the arguments of a directive are.
public enum ArgumentKind: Sendable, Hashable {
    /// Any text; directives with a grammar of their own have a `check` besides.
    case text
    /// `on` or `off`.
    case flag
    case number
    /// Bytes with `k` or `m`.
    case size
    /// Bytes with `k`, `m` or `g`.
    case offset
    /// A time that may be given down to milliseconds.
    case milliseconds
    /// A time in whole seconds.
    case seconds
    /// One of these words.
    case choice([String])
    /// Text with variables.
    case complex
}

/// What this server does with a directive that it knows.
public enum DirectiveStanding: Sendable, Hashable {
    case effective
    /// Accepted in silence: what it asks for is always so here, for this reason.
    case implied(String)
    /// Accepted with a notice: it has no meaning here, for this reason.
    case meaningless(String)
    /// An error: it asks for something that this server does not do, for this reason.
    case refused(String)
}

/// One row of the table that drives reading, checking and documenting of nginx.conf.
public struct DirectiveSpecification: Sendable {
    public enum Origin: String, Sendable {
        case nginx = "Nginx"
        case pushStreamModule = "Nginx Push Stream module"
        case engine = "push-stream only"
    }

    public enum Inheritance: String, Sendable {
        /// Belongs to its block alone.
        case none
        /// The innermost block that has it decides.
        case nearest
        /// May stand several times; the innermost block that has any of them decides.
        case nearestList
    }

    public var name: String
    public var contexts: DirectiveContexts
    /// How many arguments it takes.
    public var arity: ClosedRange<Int>
    public var kind: ArgumentKind
    /// The context that its block opens; nil for a directive that ends with `;`.
    public var block: DirectiveContexts?
    public var repeats: Bool
    public var inheritance: Inheritance
    public var standing: DirectiveStanding
    public var origin: Origin
    /// The value in force without the directive, as it would be written.
    public var defaultValue: String?
    public var summary: String
    /// What is said if it stands twice in a block; nil for Nginx's common words.
    var duplicateMessage: String?
    /// What is said about arguments that are taken, though they hardly mean what they say.
    var warning: (@Sendable (Directive) -> String?)?
    /// Checks of its own on the arguments.
    var check: (@Sendable (Directive) throws(ConfigurationError) -> Void)?

    init(
        _ name: String,
        in contexts: DirectiveContexts,
        _ arity: ClosedRange<Int> = 1...1,
        _ kind: ArgumentKind = .text,
        block: DirectiveContexts? = nil,
        repeats: Bool = false,
        inheritance: Inheritance = .none,
        standing: DirectiveStanding = .effective,
        origin: Origin = .nginx,
        defaultValue: String? = nil,
        summary: String,
        duplicateMessage: String? = nil,
        check: (@Sendable (Directive) throws(ConfigurationError) -> Void)? = nil
    ) {
        self.name = name
        self.contexts = contexts
        self.arity = arity
        self.kind = kind
        self.block = block
        self.repeats = repeats
        self.inheritance = inheritance
        self.standing = standing
        self.origin = origin
        self.defaultValue = defaultValue
        self.summary = summary
        self.duplicateMessage = duplicateMessage
        self.check = check
    }

    /// The same row with a warning about arguments that are taken.
    func warning(_ warning: @escaping @Sendable (Directive) -> String?) -> DirectiveSpecification {
        var row = self
        row.warning = warning
        return row
    }
}
