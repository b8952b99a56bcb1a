/// A configuration that was read: checked directives, not yet their meaning.
public struct ParsedConfiguration: Sendable {
    /// What the main level holds.
    public internal(set) var main: Block
    /// Notices and warnings, in the order of the file.
    public internal(set) var diagnostics: [Diagnostic]
    /// Every file that was read, for `-T`.
    public internal(set) var files: [(path: String, contents: [UInt8])]
    /// The main file's, with a slash at its end: where relative paths of `include` and of certificates start.
    public internal(set) var folder = ""
}

/// Reads a configuration file with its includes, and checks each directive against the table as it comes.
public struct Parser {
    /// Blocks in blocks; beyond it is no configuration but an attack on the stack.
    static let deepestNesting = 32
    /// Files included from included files.
    static let deepestInclude = 16

    private let files: ConfigurationFiles
    /// What relative paths of `include` start from: the folder of the main file.
    private let folder: String
    private var result = ParsedConfiguration(main: Block(context: .main), diagnostics: [], files: [])

    /// - Parameters:
    ///   - path: of the main file.
    ///   - globalDirectives: the argument of `-g`, read before the file.
    /// - Throws: the first error, with file and line.
    public static func parse(
        path: String,
        globalDirectives: String = "",
        files: ConfigurationFiles = .system
    ) throws(ConfigurationError) -> ParsedConfiguration {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        var parser = Parser(files: files, folder: folder)
        var main = Block(context: .main)
        if !globalDirectives.isEmpty {
            var lexer = Lexer(Array(globalDirectives.utf8), file: "command line", isCommandLine: true)
            try parser.read(&lexer, into: &main, Frame(isInsideBraces: false, isCommandLine: true))
        }
        try parser.readFile(path, from: nil, into: &main, Frame(isInsideBraces: false, isCommandLine: false))
        guard main.first("events") != nil else {
            throw ConfigurationError("no \"events\" section in configuration", at: nil)
        }
        parser.result.main = main
        parser.result.folder = folder
        return parser.result
    }

    private init(files: ConfigurationFiles, folder: String) {
        self.files = files
        self.folder = folder
    }

    /// How deep the reader is.
    private struct Frame {
        var isInsideBraces: Bool
        var isCommandLine: Bool
        var nesting = 0
        var includes = 0
    }

    private mutating func readFile(
        _ path: String,
        from location: SourceLocation?,
        into block: inout Block,
        _ frame: Frame
    ) throws(ConfigurationError) {
        let contents: [UInt8]
        do {
            contents = try self.files.read(path)
        } catch {
            throw ConfigurationError(error.message(path), at: location)
        }
        if !self.result.files.contains(where: { $0.path == path }) { self.result.files.append((path, contents)) }
        var lexer = Lexer(contents, file: path)
        var frame = frame
        frame.isInsideBraces = false
        try self.read(&lexer, into: &block, frame)
    }

    private mutating func read(_ lexer: inout Lexer, into block: inout Block, _ frame: Frame) throws(ConfigurationError) {
        while true {
            switch try lexer.next() {
            case .endOfFile:
                guard !frame.isInsideBraces else {
                    throw ConfigurationError("unexpected end of file, expecting \"}\"", at: lexer.location)
                }
                return
            case .blockEnd:
                guard frame.isInsideBraces else { throw ConfigurationError("unexpected \"}\"", at: lexer.location) }
                return
            case .simple(let words):
                try self.handle(words, opensBlock: false, &lexer, into: &block, frame)
            case .blockStart(let words):
                if frame.isCommandLine {
                    throw ConfigurationError("block directives are not supported in -g option", at: lexer.location)
                }
                try self.handle(words, opensBlock: true, &lexer, into: &block, frame)
            }
        }
    }

    private mutating func handle(
        _ words: [String],
        opensBlock: Bool,
        _ lexer: inout Lexer,
        into block: inout Block,
        _ frame: Frame
    ) throws(ConfigurationError) {
        let location = lexer.location
        let name = words[0]
        let arguments = Array(words.dropFirst())
        if block.context == .types, name != "include" {
            guard !opensBlock else { throw ConfigurationError("unexpected \"{\"", at: location) }
            block.directives.append(try DirectiveTable.contentType(name).read(arguments, at: location))
            return
        }
        guard let row = DirectiveTable.specification(name) else {
            throw ConfigurationError("unknown directive \"\(name)\"", at: location)
        }
        if case .refused(let reason) = row.standing {
            throw ConfigurationError("\"\(name)\" directive is not supported: \(reason)", at: location)
        }
        guard row.contexts.contains(block.context) else {
            throw ConfigurationError("\"\(name)\" directive is not allowed here", at: location)
        }
        if opensBlock, row.block == nil {
            throw ConfigurationError("directive \"\(name)\" is not terminated by \";\"", at: location)
        }
        if !opensBlock, row.block != nil { throw ConfigurationError("directive \"\(name)\" has no opening \"{\"", at: location) }
        var directive = try row.read(arguments, at: location)
        if !row.repeats, block.directives.contains(where: { $0.name == name }) {
            throw directive.error(row.duplicateMessage ?? "\"\(name)\" directive is duplicate")
        }
        if let warning = row.warning?(directive) { self.result.diagnostics.append(Diagnostic(.warn, warning, at: location)) }
        if case .meaningless(let reason) = row.standing {
            self.result.diagnostics.append(Diagnostic(.notice, "\"\(name)\" directive has no effect: \(reason)", at: location))
            return
        }
        if name == "include" {
            try self.include(directive, into: &block, frame)
            return
        }
        if let context = row.block {
            directive.block = try self.inner(name == "if" && block.context == .server ? .serverIf : context, &lexer, frame)
        }
        block.directives.append(directive)
    }

    private mutating func inner(
        _ context: DirectiveContexts,
        _ lexer: inout Lexer,
        _ frame: Frame
    ) throws(ConfigurationError) -> Block {
        var frame = frame
        frame.nesting += 1
        frame.isInsideBraces = true
        guard frame.nesting <= Self.deepestNesting else {
            throw ConfigurationError("blocks are nested more than \(Self.deepestNesting) deep", at: lexer.location)
        }
        var block = Block(context: context)
        try self.read(&lexer, into: &block, frame)
        return block
    }

    private mutating func include(
        _ directive: Directive,
        into block: inout Block,
        _ frame: Frame
    ) throws(ConfigurationError) {
        var frame = frame
        frame.includes += 1
        guard frame.includes <= Self.deepestInclude else {
            throw directive.error("files are included more than \(Self.deepestInclude) deep")
        }
        let path = directive.text.hasPrefix("/") ? directive.text : self.folder + directive.text
        let isPattern = path.contains { "*?[".contains($0) }
        for file in isPattern ? self.files.glob(path) : [path] {
            try self.readFile(file, from: directive.location, into: &block, frame)
        }
    }
}

extension DirectiveTable {
    /// A line of `types`: a content type and its extensions.
    static func contentType(_ name: String) -> DirectiveSpecification {
        .init(name, in: .types, 0...Int.max, repeats: true, summary: "Extensions of a content type.")
    }
}
