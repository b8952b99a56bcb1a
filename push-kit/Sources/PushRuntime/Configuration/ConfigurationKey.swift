/// One key that a component understands: the single place for its type, default and documentation.
public struct ConfigurationKey: Sendable {
    /// What a key's text must look like.
    public enum ValueType: Sendable {
        case string
        /// `true`/`false`, `yes`/`no`, `on`/`off`, `1`/`0`, in any case.
        case bool
        /// A decimal integer within the range.
        case int(ClosedRange<Int>)
        /// A duration within the range, such as `100ms`, `50s`, `1m`, `1h30m` or `2d`.
        case duration(ClosedRange<Duration>)
        /// A number of bytes within the range: `512`, `32KB`, `64MB`, `1GB` (powers of 1024).
        case bytes(ClosedRange<Int>)
        /// An absolute URL with a host and one of these schemes.
        case url(schemes: [String])
        /// One of these words.
        case choice([String])

        /// Any integer from 0 up.
        public static var int: ValueType { .int(0...Int.max) }
        /// A TCP port; 0 lets the system choose one.
        public static var port: ValueType { .int(0...65_535) }
        /// Any duration above zero, a year at most.
        public static var duration: ValueType { .duration(.milliseconds(1)...(.seconds(365 * 86_400))) }
    }

    /// Dot-separated, lower case: `redis.db.channel.prefix`.
    public let name: String
    public let type: ValueType
    /// The default as it would be written in a file; nil when the key has none.
    public let defaultText: String?
    /// Never shown in an error or a table. `prod` refuses to start while a secret has its default value.
    public let isSecret: Bool
    /// Loading fails while no layer gives a value.
    public let isRequired: Bool
    /// One sentence for the tables in the documentation and `--help`.
    public let documentation: String

    /// - Parameters:
    ///   - name: Dot-separated, lower case; single underscores are part of a word.
    ///   - default: The default as text, checked like any other value when the schema is loaded.
    ///   - isRequired: Makes a missing value an error; has no effect beside a default.
    public init(
        _ name: String, _ type: ValueType = .string, default defaultText: String? = nil, isSecret: Bool = false,
        isRequired: Bool = false, documentation: String
    ) {
        self.name = name
        self.type = type
        self.defaultText = defaultText
        self.isSecret = isSecret
        self.isRequired = isRequired
        self.documentation = documentation
    }
}

extension ConfigurationKey.ValueType {
    /// The type in words, for errors and tables.
    public var expectation: String {
        switch self {
        case .string: "text"
        case .bool: "true or false"
        case .int(let range):
            range.upperBound == Int.max
                ? "an integer of at least \(range.lowerBound)" : "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .duration(let range):
            "a duration such as 100ms, 50s, 1m or 2h, from \(DurationText.format(range.lowerBound)) to "
                + DurationText.format(range.upperBound)
        case .bytes(let range):
            "a size such as 512, 32KB or 64MB, from \(range.lowerBound) to \(range.upperBound) bytes"
        case .url(let schemes): "a URL such as \(schemes.map { "\($0)://host:port" }.joined(separator: " or "))"
        case .choice(let words): "one of \(words.joined(separator: ", "))"
        }
    }
}
