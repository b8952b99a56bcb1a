import Testing

@testable import PushAPI

@Suite struct JSONReaderTests {
    /// Calls `body` with a reader at the start of the text, which must be valid.
    private func read<Result>(_ json: String, _ body: (JSONReader) throws -> Result) throws -> Result {
        try Array(json.utf8).withUnsafeBufferPointer { bytes in
            #expect(JSONSyntax.isValid(bytes), "\(json)")
            return try body(JSONReader(valid: bytes))
        }
    }

    private func text(_ string: JSONString) -> String? {
        string.withUTF8 { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        ("{}", JSONReader.Kind.object), (" []", .array), ("\n\"\"", .string), ("\t-1e5", .number), ("0", .number),
        ("true", .boolean), ("false", .boolean), ("null ", .null),
    ])
    func tellsKindsApart(json: String, kind: JSONReader.Kind) throws {
        #expect(try self.read(json) { $0.kind } == kind)
    }

    @Test func findsEveryElementAndMember() throws {
        let json = #" [ "a" , [ "]" , [ ] ] ,{"x":"}\"" , "y" : { } },1.5e-3,true , null,"\\"] "#
        let kinds = try self.read(json) { reader in
            var kinds: [JSONReader.Kind] = []
            reader.elements { kinds.append($0.kind) }
            return kinds
        }
        #expect(kinds == [.string, .array, .object, .number, .boolean, .null, .string])

        let object = #"{ "a" : [1,{"b":2}] ,"\u0062":"c" , "" : -1,"d":{"a":"e"}, "f" :false}"#
        let members = try self.read(object) { reader in
            var members: [String] = []
            reader.members { members.append("\(self.text($0) ?? "?") \($1.kind)") }
            return members
        }
        #expect(members == ["a array", "b string", " number", "d object", "f boolean"])
        for empty in ["[]", "[ ]", "{}", "{\n}"] {
            try self.read(empty) { reader in
                if reader.kind == .array {
                    reader.elements { _ in Issue.record("\(empty) has an element") }
                } else {
                    reader.members { _, _ in Issue.record("\(empty) has a member") }
                }
            }
        }
    }

    @Test(arguments: [
        (#""""#, ""), (#""é€😀""#, "é€😀"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
        (#""\ud83d\ude00\uDBFF\uDFFF""#, "😀\u{10FFFF}"), (#""\u0000""#, "\0"), (#""a\\""#, "a\\"), (#""\\u0041""#, "\\u0041"),
    ])
    func undoesEscapes(json: String, expected: String) throws {
        let text = try self.read(json) { self.text($0.string) }
        #expect(text.map { Array($0.utf8) } == Array(expected.utf8))
    }

    @Test(arguments: [#""\ud800""#, #""\udc00""#, #""\ud83dx""#, #""\ud83d\n""#, #""\ud83d\u0041""#, #""\ude00\ud83d""#])
    func refusesHalvesOfSurrogatePairs(json: String) throws {
        #expect(try self.read(json) { self.text($0.string) } == nil)
    }

    @Test func comparesStrings() throws {
        for (json, isEqual) in [
            (#""content""#, true), (#""c\u006fntent""#, true), (#""conten""#, false), (#""contents""#, false),
        ] {
            #expect(try self.read(json) { $0.string.equals("content") } == isEqual, "\(json)")
        }
    }
}
