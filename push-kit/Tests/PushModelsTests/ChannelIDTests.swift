import PushModels
import Testing

@Suite struct ChannelIDTests {
    @Test(arguments: [
        "a", "news.b", "b5", "x.c5", "ch-1_~!$&'()+,;=:@\"\\", "日本", ".b5x", String(repeating: "x", count: 200), "all", "...",
    ])
    func accepts(_ id: String) throws {
        #expect(try ChannelID(id).rawValue == id)
    }

    @Test(arguments: [
        ("", InvalidChannelID.empty),
        (String(repeating: "x", count: 201), .tooLong(201)),
        (String(repeating: "é", count: 101), .tooLong(202)),
        ("a/b", .character("/")),
        ("a b", .character(" ")),
        ("a\u{2003}b", .character("\u{2003}")),
        ("a\u{0}", .character("\u{0}")),
        ("a\r\nX: y", .character("\r")),
        ("a\u{7F}", .character("\u{7F}")),
        ("a\u{85}", .character("\u{85}")),
        ("a*", .character("*")),
        (".", .reserved(".")),
        ("..", .reserved("..")),
        ("ALL", .reserved("ALL")),
        ("a.b5", .backtrackSuffix),
        (".b5", .backtrackSuffix),
        ("a.b0012", .backtrackSuffix),
    ])
    func refuses(_ id: String, _ reason: InvalidChannelID) {
        #expect(throws: reason) { try ChannelID(id) }
    }

    @Test func isComparedByBytes() throws {
        let composed = try ChannelID("\u{E9}")
        let decomposed = try ChannelID("e\u{301}")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed, composed]).count == 2)
    }

    @Test func namesTheCharacterThatItRefuses() {
        #expect(InvalidChannelID.character("\u{A}").description.contains("U+000A"))
    }
}
