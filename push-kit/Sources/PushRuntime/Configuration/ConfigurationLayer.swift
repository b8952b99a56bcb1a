import Configuration
import Foundation
import Yams

/// One source of values: a swift-configuration provider, and how its values are named in an error.
struct ConfigurationLayer {
    let provider: any ConfigSnapshot
    let source: (String) -> String

    func text(for name: String) throws -> String? {
        let key = AbsoluteConfigKey(name.split(separator: ".").map(String.init))
        guard let value = try provider.value(forKey: key, type: .string).value else { return nil }
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
            let data = try Data(contentsOf: URL(filePath: path))
            // The provider finds values by key but cannot list what a file holds, and an unknown key must be an error.
            guard let root = try Yams.Parser(yaml: data).singleRoot(), root.null == nil else { return nil }
            try checkKeys(of: root, path: [], file: path, &problems)
            let snapshot = try YAMLSnapshot(data: data.bytes, providerName: path, parsingOptions: .default)
            return ConfigurationLayer(provider: snapshot) { _ in path }
        } catch let error as YamlError {
            let line = error.description.split(separator: "\n").first.map(String.init) ?? "malformed"
            problems.append(.init(key: nil, source: path, message: "not valid YAML: \(line)"))
        } catch is YAMLShapeError {
            problems.append(.init(key: nil, source: path, message: "expected keys and values at the top level"))
        } catch {
            problems.append(.init(key: nil, source: path, message: "cannot be read: \(error.localizedDescription)"))
        }
        return nil
    }

    private func checkKeys(
        of node: Node, path: [String], file: String, _ problems: inout [ConfigurationError.Problem]
    ) throws {
        guard let mapping = node.mapping else { throw YAMLShapeError() }
        for (keyNode, value) in mapping {
            let name = (path + [keyNode.string ?? "?"]).joined(separator: ".")
            let place = keyNode.mark.map { "\(file):\($0.line)" } ?? file
            if let declared = key(name) {
                if value.mapping != nil {
                    problems.append(
                        .init(key: name, source: place, message: "expected \(declared.type.expectation), not a block of keys"))
                } else if value.null != nil {
                    problems.append(
                        .init(key: name, source: place, message: "has no value, expected \(declared.type.expectation)"))
                }
            } else if value.mapping != nil, keys.contains(where: { $0.name.hasPrefix("\(name).") }) {
                try checkKeys(of: value, path: path + [keyNode.string ?? "?"], file: file, &problems)
            } else {
                problems.append(.init(key: name, source: place, message: unknownKeyMessage(name)))
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

private struct YAMLShapeError: Error {}
