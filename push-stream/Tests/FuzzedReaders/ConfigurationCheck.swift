import NginxConf

/// The input is a set of files, separated by the byte 0x1D: nginx.conf first, then those that it can include as `1`, `2` and `3`. The
/// real file system and the resolver are out of reach.
public enum ConfigurationCheck {
    static let folder = "/fuzz/"
    /// Files of one input at most; a file that includes the next ones many times would take for ever with more of them.
    private static let fileLimit = 4

    /// The files of an input, as the parser gets them.
    public static func files(_ input: [UInt8]) -> [String: [UInt8]] {
        let parts = input.split(separator: 0x1D, maxSplits: fileLimit - 1, omittingEmptySubsequences: false)
        return Dictionary(uniqueKeysWithValues: parts.enumerated().map { (name($0.offset), Array($0.element)) })
    }

    public static let path = name(0)

    private static func name(_ index: Int) -> String {
        index == 0 ? folder + "nginx.conf" : folder + String(index)
    }

    /// Gives `contents` as the only files that there are.
    public static func access(_ contents: [String: [UInt8]]) -> ConfigurationFiles {
        ConfigurationFiles(
            read: { path throws(ConfigurationFiles.FileError) in
                guard let bytes = contents[path] else { throw ConfigurationFiles.FileError(call: "open", code: 2) }
                return bytes
            },
            // The only patterns with matches end with a star.
            glob: { pattern in contents.keys.filter { pattern.last == "*" && $0.hasPrefix(pattern.dropLast()) }.sorted() }
        )
    }

    static func check(_ input: [UInt8]) throws(BrokenInvariant) {
        let contents = files(input)
        let first = parse(contents)
        switch (first, parse(contents)) {
        case (.success(let first), .success(let second)):
            try require(written(first.main) == written(second.main), "read twice, it differs")
            try require(first.diagnostics == second.diagnostics, "read twice, its diagnostics differ")
            for (path, bytes) in first.files { try require(contents[path] == bytes, "\(path) is none of the files") }
            try checkWritten(first)
        case (.failure(let first), .failure(let second)):
            try require(first == second, "read twice, the errors differ")
            try checkLocation(first, contents)
        default: throw BrokenInvariant(description: "read twice, only one is an error")
        }
        if let globals = contents[name(1)] {
            // The same text as the argument of -g.
            let result = parse(contents, globals: String(decoding: globals, as: UTF8.self))
            if case .failure(let error) = result { try checkLocation(error, contents) }
        }
    }

    private static func parse(
        _ contents: [String: [UInt8]], globals: String = ""
    ) -> Result<ParsedConfiguration, ConfigurationError> {
        HostResolver.$asksSystem.withValue(false) {
            Result { () throws(ConfigurationError) in
                try Parser.parse(path: path, globalDirectives: globals, files: access(contents))
            }
        }
    }

    private static func checkLocation(
        _ error: ConfigurationError, _ contents: [String: [UInt8]]
    ) throws(BrokenInvariant) {
        guard let location = error.diagnostic.location, let line = location.line else { return }
        guard let bytes = contents[location.file] else {
            throw BrokenInvariant(description: "an error in \(location.file), which is none of the files")
        }
        let lines = 1 + bytes.count { $0 == 0x0A }
        try require((1...lines).contains(line), "an error in line \(line) of \(lines)")
    }

    /// The directives that were read, written as a file, are read as the same directives.
    private static func checkWritten(_ configuration: ParsedConfiguration) throws(BrokenInvariant) {
        let text = written(configuration.main)
        switch parse([path: Array(text.utf8)]) {
        case .success(let again): try require(written(again.main) == text, "written out, it reads differently:\n\(text)")
        case .failure(let error):
            // Quotes and backslashes make words longer, and Nginx has a limit for these.
            guard !error.description.contains("too long parameter") else { return }
            throw BrokenInvariant(description: "written out, it is refused: \(error)\n\(text)")
        }
    }

    private static func written(_ block: Block) -> String {
        block.directives.map { directive in
            let words = ([directive.name] + directive.arguments).map(quoted).joined(separator: " ")
            guard let inner = directive.block else { return words + ";\n" }
            return "\(words) {\n\(written(inner))}\n"
        }.joined()
    }

    private static func quoted(_ word: String) -> String {
        var text = "\""
        for scalar in word.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { text.unicodeScalars.append("\\") }
            text.unicodeScalars.append(scalar)
        }
        return text + "\""
    }
}
