import Testing

@testable import PushAPI

@Suite struct PercentDecodingTests {
    @Test(arguments: [
        ("", ""), ("abc", "abc"), ("a%20b", "a b"), ("%e2%82%AC", "€"), ("a+b", "a+b"), ("%2F", "/"), ("%00", "\u{0}"),
        ("%25", "%"),
    ])
    func decodes(segment: String, text: String) {
        #expect(PercentDecoding.decode(segment) == text)
    }

    @Test(arguments: ["%", "%2", "%GG", "a%", "%FF", "%C3", "%ED%A0%80", "%+1"])
    func refusesMalformedSegments(segment: String) {
        #expect(PercentDecoding.decode(segment) == nil)
    }
}
