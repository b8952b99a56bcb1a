import Configuration
import FoundationEssentials

/// Where a deployment runs; `prod` refuses default secrets.
public enum DeploymentEnvironment: String, Sendable, CaseIterable {
    case local
    case prod
}

extension ConfigurationSchema {
    /// Layers defaults, the YAML file, the environment and the overrides, later ones winning, and checks all of them.
    ///
    /// The file is the one that `<PREFIX>_CONFIG` names, else `config/<env>.yml` in `directory` if that exists.
    /// - Parameters:
    ///   - environment: The process's variables; the composition root passes them, libraries do not read them.
    ///   - overrides: Values by key name that win over everything: command-line options, the single binary, tests.
    ///   - directory: What relative paths are relative to.
    /// - Throws: `ConfigurationError` with every problem that was found.
    public func load(
        environment: [String: String], overrides: [String: String] = [:], directory: String = "."
    ) throws(ConfigurationError) -> ConfigurationValues {
        var problems: [ConfigurationError.Problem] = []
        let deployment = deploymentEnvironment(environment, &problems)

        var layers: [ConfigurationLayer] = [overrideLayer(overrides, &problems), environmentLayer(environment, &problems)]
        if let file = fileLayer(environment, deployment, directory, &problems) {
            layers.append(file)
        }
        layers.append(defaultLayer())

        var entries: [String: ConfigurationValue] = [:]
        for key in keys {
            switch resolve(key, in: layers, deployment: deployment) {
            case .success(let value): entries[key.name] = value
            case .failure(let error): problems.append(contentsOf: error.problems)
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        return ConfigurationValues(deployment: deployment, entries: entries, declared: Set(keys.map(\.name)))
    }

    private func resolve(
        _ key: ConfigurationKey, in layers: [ConfigurationLayer], deployment: DeploymentEnvironment
    ) -> Result<ConfigurationValue?, ConfigurationError> {
        func problem(_ source: String, _ message: String) -> Result<ConfigurationValue?, ConfigurationError> {
            .failure(ConfigurationError([.init(key: key.name, source: source, message: message)]))
        }
        for layer in layers {
            let source = layer.source(key.name)
            guard let text = layer.text(for: key.name) else { continue }
            if key.isSecret, text.isEmpty {
                return problem(source, "a secret must not be empty")
            }
            guard let value = key.type.parse(text) else {
                let shown = key.isSecret ? "" : ", got \(Self.quote(text))"
                return problem(source, "expected \(key.type.expectation)\(shown)")
            }
            if key.isSecret, deployment == .prod, text == key.defaultText {
                return problem(
                    source, "still has its default value, which prod refuses: set \(variable(for: key.name))")
            }
            return .success(value)
        }
        if key.isRequired {
            return problem("not set", "is required: set \(variable(for: key.name)), \(key.type.expectation)")
        }
        return .success(nil)
    }

    private func deploymentEnvironment(
        _ environment: [String: String], _ problems: inout [ConfigurationError.Problem]
    ) -> DeploymentEnvironment {
        guard let name = environment[environmentVariable] else { return .local }
        guard let value = DeploymentEnvironment(rawValue: name) else {
            problems.append(
                .init(key: nil, source: environmentVariable, message: "expected local or prod, got \(Self.quote(name))"))
            return .local
        }
        return value
    }

    /// Text from outside, on one line and of bounded length.
    static func quote(_ text: String) -> String {
        let short = text.unicodeScalars.prefix(60).map { $0.properties.generalCategory == .control ? "?" : String($0) }
        return "\"\(short.joined())\(text.unicodeScalars.count > 60 ? "..." : "")\""
    }
}
