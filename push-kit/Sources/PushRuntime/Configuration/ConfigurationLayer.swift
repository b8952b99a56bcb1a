import Configuration
import FoundationEssentials
import PushSystem

/// One source of values: a swift-configuration provider, and how its values are named in an error.
struct ConfigurationLayer {
    let provider: any ConfigSnapshot
    let source: (String) -> String

    func text(for name: String) -> String? {
        let key = AbsoluteConfigKey(name.split(separator: ".").map(String.init))
        // Every layer holds texts, so asking for one cannot fail.
        guard let value = try? provider.value(forKey: key, type: .string).value else { return nil }
        guard case .string(let text) = value.content else { return nil }
        return text
    }
}

extension ConfigurationSchema {
    func defaultLayer() -> ConfigurationLayer {
        let values = keys.compactMap { key in key.defaultText.map { (key.name, $0) } }
        return memoryLayer("defaults", Dictionary(values, uniquingKeysWith: { first, _ in first })) { _ in "default" }
    }

    func overrideLayer(
        _ overrides: [String: String], _ problems: inout [ConfigurationError.Problem]
    ) -> ConfigurationLayer {
        for name in overrides.keys.sorted() where key(name) == nil {
            problems.append(.init(key: name, source: "override", message: unknownKeyMessage(name)))
        }
        return memoryLayer("overrides", overrides) { _ in "override" }
    }

    func environmentLayer(
        _ environment: [String: String], _ problems: inout [ConfigurationError.Problem]
    ) -> ConfigurationLayer {
        var values: [String: String] = [:]
        for variable in environment.keys.sorted() where variable.hasPrefix("\(prefix)_") {
            if variable == fileVariable || variable == environmentVariable { continue }
            let name = variable.dropFirst(prefix.count + 1).lowercased().replacing("__", with: ".")
            if key(name) == nil || self.variable(for: name) != variable {
                let known = keys.map { self.variable(for: $0.name) } + [fileVariable, environmentVariable]
                let hint = Spelling.closest(to: variable, in: known).map { ", did you mean \($0)?" } ?? ""
                problems.append(.init(key: name, source: variable, message: "unknown key\(hint)"))
            } else {
                values[name] = environment[variable]
            }
        }
        return memoryLayer("environment", values, source: self.variable(for:))
    }

    func fileLayer(
        _ environment: [String: String], _ deployment: DeploymentEnvironment, _ directory: String,
        _ problems: inout [ConfigurationError.Problem]
    ) -> ConfigurationLayer? {
        let named = environment[fileVariable]
        let relative = named ?? "config/\(deployment.rawValue).yml"
        let path = relative.hasPrefix("/") || directory == "." ? relative : "\(directory)/\(relative)"
        guard FileManager.default.fileExists(atPath: path) else {
            if named != nil {
                problems.append(.init(key: nil, source: fileVariable, message: "no such file: \(path)"))
            }
            return nil
        }
        do {
            var values: [String: String] = [:]
            switch try YAMLNode.parse([UInt8](Data(contentsOf: URL(filePath: path)))) {
            case .null: return nil
            case .mapping(let entries): collect(entries, path: [], file: path, into: &values, &problems)
            case .scalar, .sequence:
                problems.append(.init(key: nil, source: path, message: "expected keys and values at the top level"))
                return nil
            }
            return memoryLayer(path, values) { _ in path }
        } catch let error as YAMLNode.Malformed {
            problems.append(.init(key: nil, source: "\(path):\(error.line)", message: "not valid YAML: \(error.message)"))
        } catch {
            problems.append(.init(key: nil, source: path, message: "cannot be read: \(FileFailure.reason(of: error))"))
        }
        return nil
    }

    /// Takes the values of the declared keys; what else the file holds is a problem.
    private func collect(
        _ entries: [YAMLNode.Entry], path: [String], file: String, into values: inout [String: String],
        _ problems: inout [ConfigurationError.Problem]
    ) {
        for entry in entries {
            let name = (path + [entry.key]).joined(separator: ".")
            func problem(_ message: String) {
                problems.append(.init(key: name, source: "\(file):\(entry.line)", message: message))
            }
            guard let declared = key(name) else {
                if case .mapping(let inner) = entry.value, keys.contains(where: { $0.name.hasPrefix("\(name).") }) {
                    collect(inner, path: path + [entry.key], file: file, into: &values, &problems)
                } else {
                    problem(unknownKeyMessage(name))
                }
                continue
            }
            switch entry.value {
            case .scalar(let text): values[name] = text
            case .mapping: problem("expected \(declared.type.expectation), not a block of keys")
            case .sequence: problem("expected \(declared.type.expectation), not a list")
            case .null: problem("has no value, expected \(declared.type.expectation)")
            }
        }
    }

    private func unknownKeyMessage(_ name: String) -> String {
        let hint = Spelling.closest(to: name, in: keys.map(\.name)).map { ", did you mean \($0)?" } ?? ""
        return "unknown key\(hint)"
    }

    private func memoryLayer(
        _ name: String, _ values: [String: String], source: @escaping (String) -> String
    ) -> ConfigurationLayer {
        let provider = InMemoryProvider(
            name: name,
            values: Dictionary(
                values.map { key, text in
                    (AbsoluteConfigKey(key.split(separator: ".").map(String.init)), ConfigValue(.string(text), isSecret: true))
                }, uniquingKeysWith: { first, _ in first }))
        return ConfigurationLayer(provider: provider.snapshot(), source: source)
    }
}
