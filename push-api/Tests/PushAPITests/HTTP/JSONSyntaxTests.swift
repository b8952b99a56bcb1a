import Testing

@testable import PushAPI

@Suite struct JSONSyntaxTests {
    @Test(arguments: [
        "{}", "[]", " [ 1 , -0.5e+10 , 0 , 1E3, true , false , null , \"\" ] ", #"{"a":{"b":[{}]},"a":""}"#,
        #""\"\\\/\b\f\n\r\t\u00e9""#, "\"é\"", "0",
        "-0", "123",
    ])
    func takes(text: String) {
        #expect(JSONSyntax.isValid(text.utf8))
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1,]", "{\"a\":1,}", "{,}", "[,]", "{\"a\"}", "{\"a\":}", "{a:1}", "{1:1}", "[1 2]", "01", "1.", ".5",
        "-", "+1", "1e", "1e+",
        "tru", "nul", "True", "NaN", "Infinity", "'a'", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\n\"", "{}x",
        "[] []", "// a\n1",
        "\u{FEFF}1",
    ])
    func refuses(text: String) {
        #expect(!JSONSyntax.isValid(text.utf8))
    }

    @Test func boundsTheDepth() {
        #expect(JSONSyntax.isValid((String(repeating: "[", count: 100) + String(repeating: "]", count: 100)).utf8))
        #expect(!JSONSyntax.isValid((String(repeating: "[", count: 101) + String(repeating: "]", count: 101)).utf8))
        #expect(!JSONSyntax.isValid(String(repeating: "[", count: 1_000_000).utf8))
    }
}
