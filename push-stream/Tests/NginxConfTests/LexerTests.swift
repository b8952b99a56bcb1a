import Testing

@testable import NginxConf

@Suite struct LexerTests {
    private func statements(_ text: String) throws -> [Statement] {
        var lexer = Lexer(Array(text.utf8), file: "f")
        var result: [Statement] = []
        while true {
            let next = try lexer.next()
            if next == .endOfFile { return result }
            result.append(next)
        }
    }

    @Test(arguments: [
        (#"a b c;"#, ["a", "b", "c"]),
        ("a\n\tb\r\n  c ;", ["a", "b", "c"]),
        (#"a "b c" 'd;{}#' ;"#, ["a", "b c", "d;{}#"]),
        (#"a "x\"y" 'x\'y' x\"y;"#, ["a", #"x"y"#, "x'y", #"x"y"#]),
        (#"a "1\r\n\t2" 1\n2;"#, ["a", "1\r\n\t2", "1\n2"]),
        (#"a "\d\.\\" \d;"#, ["a", #"\d\.\"#, #"\d"#]),
        (#"a b"c d;"#, ["a", #"b"c"#, "d"]),
        (#"a ${b}c "${d}";"#, ["a", "${b}c", "${d}"]),
        (#"a b#c; "#, ["a", "b#c"]),
        ("a # b;\n c;", ["a", "c"]),
        (#"a b\ c \;;"#, ["a", #"b\ c"#, #"\;"#]),
        (#"a "" '';"#, ["a", "", ""]),
        (#"if ("a");"#, ["if", #"("a")"#]),
        (#"if ( "a");"#, ["if", "(", "a", ")"]),
        ("a \u{e9}\u{1F600};", ["a", "\u{e9}\u{1F600}"]),
    ])
    func `words are cut as by Nginx`(text: String, words: [String]) throws {
        #expect(try self.statements(text) == [.simple(words)])
    }

    @Test func `blocks and comments`() throws {
        let text = "http { # comment }\n  location /{ a; }\n}"
        #expect(
            try self.statements(text) == [
                .blockStart(["http"]), .blockStart(["location", "/"]), .simple(["a"]), .blockEnd, .blockEnd,
            ])
    }

    @Test func `a comment line of this engine is configuration`() throws {
        let text =
            "a;\n  #push-stream: b { c; } # rest\n# push-stream: d;\ne; #push-stream: f;\n#push-stream: g {\n#push-stream: }"
        #expect(
            try self.statements(text) == [
                .simple(["a"]), .blockStart(["b"]), .simple(["c"]), .blockEnd, .simple(["e"]), .blockStart(["g"]), .blockEnd,
            ])
    }

    @Test(arguments: [
        ("a", #"[emerg] unexpected end of file, expecting ";" or "}" in f:1"#),
        ("a \"b;\n\n", #"[emerg] unexpected end of file, expecting ";" or "}" in f:3"#),
        (";", #"[emerg] unexpected ";" in f:1"#),
        ("\n{", #"[emerg] unexpected "{" in f:2"#),
        ("a }", #"[emerg] unexpected "}" in f:1"#),
        (#"a "b"c;"#, #"[emerg] unexpected "c" in f:1"#),
        ("a\n#push-stream: b;\n;", ##"[emerg] "#push-stream:" cannot stand inside a directive in f:2"##),
        ("#push-stream: a\nb;", ##"[emerg] directive "a" must end on its "#push-stream:" line in f:1"##),
        ("a " + String(repeating: "x", count: 4096) + ";", #"[emerg] too long parameter "xxxxxxxxxx..." started in f:1"#),
        (
            "a\n\"" + String(repeating: "\n", count: 4096),
            #"[emerg] too long parameter, probably missing terminating """# + #" character in f:2"#
        ),
    ])
    func `errors have Nginx's words, file and line`(text: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) { try self.statements(text) }
        #expect(error?.description == message)
    }

    @Test func `a word may be one byte short of the buffer`() throws {
        let word = String(repeating: "x", count: 4095)
        #expect(try self.statements("a \(word);") == [.simple(["a", word])])
    }
}
