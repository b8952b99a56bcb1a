import Foundation
import PushModels
import Testing

@Suite struct ContentEncodingTests {
    @Test(arguments: ["", "plain", "a b", "{\"a\": \"b\\n\"}", "it's </script>", "~text~", "héllo 日本 🎉", "\u{0}\r\n\t", "100%"])
    func decodesToWhatItWas(_ content: String) {
        let encoded = ContentEncoding.encode(content)
        #expect(encoded.removingPercentEncoding == content)
        #expect(ContentEncoding.encodedLength(content) == encoded.utf8.count)
    }

    @Test func leavesNothingThatCouldEndAStringOrAScript() {
        let everyByte = String((0..<128).map { Character(Unicode.Scalar($0)!) })
        let encoded = ContentEncoding.encode(everyByte)
        #expect(!encoded.contains { "\"'\\<>&\r\n".contains($0) })
    }
}
