import NginxConf

/// Files that exist only in a test.
func files(_ contents: [String: String]) -> ConfigurationFiles {
    ConfigurationFiles(
        read: { path throws(ConfigurationFiles.FileError) in
            guard let text = contents[path] else { throw ConfigurationFiles.FileError(call: "open", code: 2) }
            return Array(text.utf8)
        },
        glob: { pattern in
            // Only the forms that the tests use: FOLDER/*.
            contents.keys.filter { $0.hasPrefix(pattern.prefix { $0 != "*" }) }.sorted()
        }
    )
}

/// Parses `text` as /t.conf.
func parse(_ text: String, _ others: [String: String] = [:], globals: String = "") throws -> ParsedConfiguration {
    try Parser.parse(
        path: "/t.conf", globalDirectives: globals, files: files(others.merging(["/t.conf": text]) { first, _ in first }))
}

/// The first error of `text`, as Nginx prints it.
func failure(_ text: String, _ others: [String: String] = [:], globals: String = "") -> String? {
    do {
        _ = try parse(text, others, globals: globals)
        return nil
    } catch {
        return "\(error)"
    }
}

/// Variables with fixed values.
struct FixedVariables: VariableSource {
    var values: [Variable: String] = [:]

    func value(of variable: Variable) -> String? { self.values[variable] }
}
