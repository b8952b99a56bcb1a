import Foundation

/// A document of this repository, as far as tests look at it.
public struct Markdown: Sendable {
    /// Its path from the repository's root.
    public let path: String
    private let lines: [Substring]

    public struct NoSection: Error, CustomStringConvertible {
        public let title: String
        public let path: String
        public var description: String { "\(self.path) has no section \"\(self.title)\"" }
    }

    public init(_ path: String) throws {
        self.path = path
        self.lines = try Repository.text(of: path).split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// Every document of the repository, without those of dependencies and builds.
    public static func all() throws -> [Markdown] {
        var paths: [String] = []
        let folders = try FileManager.default.contentsOfDirectory(atPath: Repository.root).filter { !$0.hasPrefix(".") }
        for entry in folders where entry.hasSuffix(".md") { paths.append(entry) }
        for folder in folders {
            guard let walk = FileManager.default.enumerator(atPath: "\(Repository.root)/\(folder)") else { continue }
            for case let file as String in walk {
                if file.hasSuffix("node_modules") || file.hasSuffix(".build") { walk.skipDescendants() }
                if file.hasSuffix(".md") { paths.append("\(folder)/\(file)") }
            }
        }
        return try paths.sorted().map(Markdown.init)
    }

    /// The commands of a section's blocks that are marked `sh`: one for each line, without comments.
    ///
    /// - Parameter title: the section's heading; `nil` is the whole document.
    public func commands(of title: String? = nil) throws -> [String] {
        var inSection = title == nil
        var found = inSection
        var language: String?
        var commands: [String] = []
        for line in self.lines {
            if line.hasPrefix("```") {
                language = language == nil ? String(line.dropFirst(3)) : nil
            } else if language == nil, let title, line.hasPrefix("## ") {
                inSection = line == "## \(title)"
                found = found || inSection
            } else if language == "sh", inSection, !line.isEmpty, !line.hasPrefix("#") {
                commands.append(line.firstRange(of: "  #").map { String(line[..<$0.lowerBound]) } ?? String(line))
            }
        }
        guard found else { throw NoSection(title: title ?? "", path: self.path) }
        return commands.map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// What its links and pictures lead to within the repository, outside blocks: paths from the root, and the fragment or "".
    public func links() -> [(target: String, fragment: String)] {
        var links: [(String, String)] = []
        var inBlock = false
        for line in self.lines {
            if line.hasPrefix("```") { inBlock.toggle() }
            guard !inBlock else { continue }
            for piece in line.split(separator: "](").dropFirst() {
                guard let end = piece.firstIndex(of: ")") else { continue }
                let link = piece[..<end]
                guard !link.contains(":") else { continue }
                let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
                let folder = URL(filePath: "/\(self.path)").deletingLastPathComponent()
                let target = parts[0].isEmpty ? "/\(self.path)" : folder.appending(path: String(parts[0])).standardized.path
                links.append((String(target.dropFirst()), parts.count > 1 ? String(parts[1]) : ""))
            }
        }
        return links
    }

    /// The fragments that lead to its headings, as GitHub makes them.
    public func anchors() -> Set<String> {
        var anchors: Set<String> = []
        var inBlock = false
        for line in self.lines {
            if line.hasPrefix("```") { inBlock.toggle() }
            guard !inBlock, line.hasPrefix("#") else { continue }
            let title = line.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces).lowercased()
            anchors.insert(
                String(
                    title.compactMap { character -> Character? in
                        if character == " " { return "-" }
                        return character.isLetter || character.isNumber || character == "-" || character == "_" ? character : nil
                    }))
        }
        return anchors
    }
}
