/// What one step of the lexer found.
enum Statement: Equatable {
    /// Words up to `;`.
    case simple([String])
    /// Words up to `{`.
    case blockStart([String])
    case blockEnd
    case endOfFile
}

/// Cuts nginx.conf into statements by Nginx's own rules: whitespace separates words; `"` and `'` quote; a backslash takes the next
/// byte's special meaning away and makes `\t`, `\r`, `\n` in quoted and unquoted words alike; `#` starts a comment where a word
/// could start; `${` does not open a block.
///
/// A comment line `#push-stream: ...` is configuration for this engine that any Nginx skips.
struct Lexer {
    /// Nginx reads through a buffer of this size, and a word must fit in it.
    static let longestWord = 4096
    static let engineComment = Array("#push-stream:".utf8)

    let file: String
    private let bytes: [UInt8]
    private var position = 0
    /// Of the byte that is read next.
    private(set) var line = 1
    /// The command line counts no lines and ends where its text ends.
    private let isCommandLine: Bool
    /// The line of the `#push-stream:` comment that is being read, if any.
    private var engineLine: Int?

    init(_ bytes: [UInt8], file: String, isCommandLine: Bool = false) {
        self.bytes = bytes
        self.file = file
        self.isCommandLine = isCommandLine
    }

    var location: SourceLocation { SourceLocation(file: self.file, line: self.isCommandLine ? nil : self.line) }

    mutating func next() throws(ConfigurationError) -> Statement {
        var words: [String] = []
        while let byte = self.peek() {
            switch byte {
            case UInt8(ascii: "\n"):
                if self.engineLine != nil, !words.isEmpty {
                    throw self.error("directive \"\(words[0])\" must end on its \"#push-stream:\" line")
                }
                self.engineLine = nil
                self.advance()
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                self.advance()
            case UInt8(ascii: ";"), UInt8(ascii: "{"):
                self.advance()
                guard !words.isEmpty else { throw self.unexpected(byte) }
                return byte == UInt8(ascii: ";") ? .simple(words) : .blockStart(words)
            case UInt8(ascii: "}"):
                self.advance()
                guard words.isEmpty else { throw self.unexpected(byte) }
                return .blockEnd
            case UInt8(ascii: "#"):
                try self.skipComment(insideDirective: !words.isEmpty)
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                words.append(try self.quotedWord(byte))
            default:
                words.append(try self.bareWord())
            }
        }
        guard words.isEmpty else { throw self.unexpectedEnd() }
        return .endOfFile
    }

    // MARK: Words

    private mutating func bareWord() throws(ConfigurationError) -> String {
        let start = self.position
        let startLine = self.line
        var followsDollar = false
        while let byte = self.peek() {
            switch byte {
            case UInt8(ascii: "{") where followsDollar:
                self.advance()
                followsDollar = false
            case UInt8(ascii: "\\"):
                followsDollar = false
                self.advance()
                if self.peek() != nil { self.advance() }
            case UInt8(ascii: "$"):
                followsDollar = true
                self.advance()
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"), UInt8(ascii: ";"),
                UInt8(ascii: "{"):
                return try self.word(start..<self.position, startLine)
            default:
                followsDollar = false
                self.advance()
            }
        }
        throw self.tooLong(start..<self.position, startLine, quote: nil) ?? self.unexpectedEnd()
    }

    private mutating func quotedWord(_ quote: UInt8) throws(ConfigurationError) -> String {
        let startLine = self.line
        self.advance()
        let start = self.position
        while let byte = self.peek() {
            if byte == quote {
                let range = start..<self.position
                self.advance()
                try self.requireSeparator()
                return try self.word(range, startLine, quote: quote)
            }
            self.advance()
            if byte == UInt8(ascii: "\\"), self.peek() != nil { self.advance() }
        }
        throw self.tooLong(start..<self.position, startLine, quote: quote) ?? self.unexpectedEnd()
    }

    /// After a closing quote only whitespace, `;`, `{` or `)` may follow.
    private mutating func requireSeparator() throws(ConfigurationError) {
        guard let byte = self.peek() else { throw self.unexpectedEnd() }
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): break
        case UInt8(ascii: ";"), UInt8(ascii: "{"), UInt8(ascii: ")"): break
        default: throw self.unexpected(byte)
        }
    }

    private func word(
        _ range: Range<Int>,
        _ startLine: Int,
        quote: UInt8? = nil
    ) throws(ConfigurationError) -> String {
        if let error = self.tooLong(range, startLine, quote: quote) { throw error }
        return String(decoding: Self.unescaped(self.bytes[range]), as: UTF8.self)
    }

    /// A backslash before `"`, `'` or `\` goes; `\t`, `\r` and `\n` become the byte; before anything else it stays.
    static func unescaped(_ raw: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(raw.count)
        var index = raw.startIndex
        while index < raw.endIndex {
            let byte = raw[index]
            index += 1
            guard byte == UInt8(ascii: "\\"), index < raw.endIndex else {
                result.append(byte)
                continue
            }
            let escaped = raw[index]
            switch escaped {
            case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"): result.append(escaped)
            case UInt8(ascii: "t"): result.append(UInt8(ascii: "\t"))
            case UInt8(ascii: "r"): result.append(UInt8(ascii: "\r"))
            case UInt8(ascii: "n"): result.append(UInt8(ascii: "\n"))
            default: result += [byte, escaped]
            }
            index += 1
        }
        return result
    }

    // MARK: Comments

    private mutating func skipComment(insideDirective: Bool) throws(ConfigurationError) {
        if self.bytes[self.position...].starts(with: Self.engineComment), self.startsLine() {
            guard !insideDirective else { throw self.error("\"#push-stream:\" cannot stand inside a directive") }
            self.position += Self.engineComment.count
            self.engineLine = self.line
            return
        }
        while let byte = self.peek(), byte != UInt8(ascii: "\n") { self.advance() }
    }

    private func startsLine() -> Bool {
        for byte in self.bytes[..<self.position].reversed() {
            switch byte {
            case UInt8(ascii: "\n"): return true
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): continue
            default: return false
            }
        }
        return true
    }

    // MARK: Bytes and errors

    private func peek() -> UInt8? {
        self.position < self.bytes.count ? self.bytes[self.position] : nil
    }

    private mutating func advance() {
        if self.bytes[self.position] == UInt8(ascii: "\n") { self.line += 1 }
        self.position += 1
    }

    private func error(_ message: String) -> ConfigurationError {
        ConfigurationError(message, at: self.location)
    }

    private func unexpected(_ byte: UInt8) -> ConfigurationError {
        self.error("unexpected \"\(Character(UnicodeScalar(byte)))\"")
    }

    private func unexpectedEnd() -> ConfigurationError {
        if self.isCommandLine { return self.error("unexpected end of parameter, expecting \";\"") }
        return self.error("unexpected end of file, expecting \";\" or \"}\"")
    }

    private func tooLong(_ range: Range<Int>, _ startLine: Int, quote: UInt8?) -> ConfigurationError? {
        guard range.count >= Self.longestWord else { return nil }
        let location = SourceLocation(file: self.file, line: self.isCommandLine ? nil : startLine)
        if range.upperBound == self.bytes.count, let quote {
            let mark = Character(UnicodeScalar(quote))
            return ConfigurationError("too long parameter, probably missing terminating \"\(mark)\" character", at: location)
        }
        let beginning = String(decoding: self.bytes[range].prefix(10), as: UTF8.self)
        return ConfigurationError("too long parameter \"\(beginning)...\" started", at: location)
    }
}
