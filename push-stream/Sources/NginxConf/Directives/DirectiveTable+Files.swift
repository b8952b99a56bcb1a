extension DirectiveTable {
    private static let levels = DirectiveContexts.httpLevels
    private static let levelsWithIf: DirectiveContexts = [.http, .server, .location, .locationIf]

    /// Static files beside the streams.
    static let files: [DirectiveSpecification] = [
        .init(
            "root", in: levelsWithIf, 1...1, .complex, inheritance: .nearest,
            summary: "Folder of the files that a location without a push handler serves; without it there are none (404)."
        ) { directive throws(ConfigurationError) in
            try Self.checkFolder(directive)
        },
        .init(
            "alias", in: .location, 1...1, .complex, inheritance: .nearest,
            summary: "Stands in the system for the path that chose the location."
        ) { directive throws(ConfigurationError) in
            try Self.checkFolder(directive)
        },
        .init(
            "index", in: levels, 1...Int.max, .text, repeats: true, inheritance: .nearestList, defaultValue: "index.html",
            summary: "Files that stand for a folder: the first that exists."),
        .init(
            "try_files", in: [.server, .location], 2...Int.max, .text,
            summary:
                "Sends the first file (or folder, with `/` at its end) that exists, else answers with `=STATUS` or another path."
        ) { directive throws(ConfigurationError) in
            let last = directive.arguments.last ?? ""
            if last.hasPrefix("@") {
                throw directive.error("named location \"\(last)\" is not supported: there are none here")
            }
            if let code = last.withoutPrefix("="), !(Units.number(code).map { $0 <= 999 } ?? false) {
                throw directive.error("invalid code \"\(last)\"")
            }
        },
        .init(
            "error_page", in: levelsWithIf, 2...Int.max, .text, repeats: true, inheritance: .nearestList,
            summary: "Path or address for requests that end with one of these statuses."
        ) { directive throws(ConfigurationError) in
            _ = try ErrorPageDirective(directive)
        },
        .init(
            "internal", in: .location, 0...0,
            summary: "Only `index`, `try_files` and `error_page` lead here; a client's own request gets 404."),
        .init(
            "etag", in: levels, 1...1, .flag, inheritance: .nearest, defaultValue: "on",
            summary: "Whether files have an `ETag`."),
        .init(
            "if_modified_since", in: levels, 1...1, .choice(["off", "exact", "before"]), inheritance: .nearest,
            defaultValue: "exact", summary: "How the time of a client's copy is compared with that of a file."),
        .init(
            "max_ranges", in: levels, 1...1, .number, inheritance: .nearest,
            summary: "Ranges of a file that one request may ask for; 0 sends none."),
        .init(
            "log_not_found", in: levels, 1...1, .flag, inheritance: .nearest, defaultValue: "on",
            summary: "Whether a file that does not exist goes to the error log."),
        Self.onlyDefault("disable_symlinks", in: levels, .text, "off", "symbolic links are followed"),
    ]

    private static func checkFolder(_ directive: Directive) throws(ConfigurationError) {
        for variable in ["document_root", "realpath_root"]
        where directive.text.contains("$\(variable)") || directive.text.contains("${\(variable)}") {
            throw directive.error("the $\(variable) variable cannot be used in the \"\(directive.name)\" directive")
        }
    }
}
