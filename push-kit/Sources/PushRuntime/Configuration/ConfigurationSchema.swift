/// The keys of one component, from which loading, errors and documentation follow.
public struct ConfigurationSchema: Sendable {
    /// Starts the names of the environment variables: `PUSHAPI`.
    public let prefix: String
    /// In the order in which the tables list them.
    public let keys: [ConfigurationKey]

    public init(prefix: String, keys: [ConfigurationKey]) {
        self.prefix = prefix
        self.keys = keys
    }

    /// The variable that names the YAML file: `PUSHAPI_CONFIG`.
    public var fileVariable: String { "\(prefix)_CONFIG" }
    /// The variable that holds `local` or `prod`: `PUSHAPI_ENV`.
    public var environmentVariable: String { "\(prefix)_ENV" }

    /// `redis.db.channel.prefix` is `PUSHAPI_REDIS__DB__CHANNEL__PREFIX`.
    public func variable(for name: String) -> String {
        "\(prefix)_" + name.split(separator: ".", omittingEmptySubsequences: false).joined(separator: "__").uppercased()
    }

    func key(_ name: some StringProtocol) -> ConfigurationKey? {
        keys.first { $0.name == name }
    }

    /// A table for a README: key, variable, type, default, meaning. Secrets show no default.
    public func markdownTable() -> String {
        let rows = keys.map { key in
            [
                "`\(key.name)`", "`\(variable(for: key.name))`", Self.escape(key.type.expectation),
                Self.defaultDescription(key).map { "`\($0)`" } ?? "", Self.escape(key.documentation),
            ]
        }
        let header = ["Key", "Environment variable", "Value", "Default", "Meaning"]
        let lines = [header, header.map { _ in "---" }] + rows
        return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n") + "\n"
    }

    /// The same for a terminal: a line for each key with its meaning below, no wider than the texts themselves.
    public func helpText() -> String {
        keys.map { key in
            let value = Self.defaultDescription(key).map { " (default: \($0))" } ?? ""
            return "  \(key.name)\(value)\n      \(key.documentation)\n      \(variable(for: key.name)): \(key.type.expectation)"
        }.joined(separator: "\n") + "\n"
    }

    private static func defaultDescription(_ key: ConfigurationKey) -> String? {
        guard let text = key.defaultText, !text.isEmpty else { return nil }
        return key.isSecret ? "(a secret for local use)" : text
    }

    private static func escape(_ text: String) -> String {
        text.replacing("|", with: "\\|").replacing("\n", with: " ")
    }
}
