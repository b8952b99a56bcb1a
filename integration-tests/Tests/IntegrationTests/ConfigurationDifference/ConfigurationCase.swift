import Foundation
import IntegrationSupport

/// A configuration, and what `-t` says about it.
///
/// In a file of cases:
///
///     === name
///     the configuration, FOLDER standing for a folder of its own
///     --- nginx
///     what nginx says, line by line, and "ok" or "failed"
///     --- ours: why it is not the same
///     what push-stream says; only where it is meant to differ
struct ConfigurationCase: Sendable {
    let name: String
    let configuration: String
    var expected: [String]
    var known: (reason: String, lines: [String])?

    static let folder = "\(Repository.root)/integration-tests/Tests/IntegrationTests/ConfigurationDifference/Cases"

    /// `module`: every directive of the module; `checks`: what the module checks in the whole; `core`: nginx's own directives.
    static let groups = ["module", "checks", "core"]

    static func read(_ group: String) throws -> [ConfigurationCase] {
        let text = try String(contentsOfFile: "\(Self.folder)/\(group).txt", encoding: .utf8)
        return text.components(separatedBy: "=== ").dropFirst().map { part in
            let lines = part.components(separatedBy: "\n")
            let sections = lines.dropFirst().split(omittingEmptySubsequences: false) { $0.hasPrefix("--- ") }.map(Array.init)
            var titles = lines.filter { $0.hasPrefix("--- ") }.map { $0.dropFirst(4) }[...]
            var known: (String, [String])?
            let expected = titles.popFirst() == "nginx" && sections.count > 1 ? sections[1].filter { !$0.isEmpty } : []
            if let title = titles.popFirst(), sections.count > 2 {
                known = (String(title.trimmingPrefix("ours: ")), sections[2].filter { !$0.isEmpty })
            }
            return ConfigurationCase(
                name: lines[0], configuration: sections[0].joined(separator: "\n"), expected: expected, known: known)
        }
    }

    static func write(_ cases: [ConfigurationCase], _ group: String) throws {
        var text = ""
        for item in cases {
            text += "=== \(item.name)\n\(item.configuration)\n--- nginx\n"
            for line in item.expected { text += "\(line)\n" }
            if let known = item.known {
                text += "--- ours: \(known.reason)\n"
                for line in known.lines { text += "\(line)\n" }
            }
        }
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(Self.folder)/\(group).txt"))
    }
}
