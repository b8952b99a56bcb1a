import FoundationEssentials

/// Checked values of one component. Made by `ConfigurationSchema.load`.
///
/// The accessors throw `ConfigurationError` for a key that the schema does not declare with that type, or that has
/// no value; the `optional` ones return nil in the latter case.
public struct ConfigurationValues: Sendable {
    /// `local` or `prod`.
    public let deployment: DeploymentEnvironment
    let entries: [String: ConfigurationValue]
    let declared: Set<String>

    public func string(_ name: String) throws(ConfigurationError) -> String { try require(name, optionalString(name)) }
    public func bool(_ name: String) throws(ConfigurationError) -> Bool {
        try require(name, value(name) { if case .bool(let value) = $0 { value } else { nil } })
    }
    public func int(_ name: String) throws(ConfigurationError) -> Int {
        try require(name, value(name) { if case .int(let value) = $0 { value } else { nil } })
    }
    public func duration(_ name: String) throws(ConfigurationError) -> Duration {
        try require(name, value(name) { if case .duration(let value) = $0 { value } else { nil } })
    }
    /// In bytes.
    public func bytes(_ name: String) throws(ConfigurationError) -> Int {
        try require(name, value(name) { if case .bytes(let value) = $0 { value } else { nil } })
    }
    public func url(_ name: String) throws(ConfigurationError) -> URL { try require(name, optionalURL(name)) }

    public func optionalString(_ name: String) throws(ConfigurationError) -> String? {
        try value(name) { if case .string(let value) = $0 { value } else { nil } }
    }
    public func optionalURL(_ name: String) throws(ConfigurationError) -> URL? {
        try value(name) { if case .url(let value) = $0 { value } else { nil } }
    }

    private func value<Value>(
        _ name: String, _ extract: (ConfigurationValue) -> Value?
    ) throws(ConfigurationError) -> Value? {
        guard let entry = entries[name] else {
            if declared.contains(name) { return nil }
            throw Self.error(name, "is not declared in the schema")
        }
        guard let value = extract(entry) else { throw Self.error(name, "is declared with another type") }
        return value
    }

    private func require<Value>(_ name: String, _ value: Value?) throws(ConfigurationError) -> Value {
        guard let value else { throw Self.error(name, "has no value") }
        return value
    }

    private static func error(_ name: String, _ message: String) -> ConfigurationError {
        ConfigurationError([.init(key: name, source: "schema", message: message)])
    }
}
