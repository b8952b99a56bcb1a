import NIOCore
import PushModels
import Testing

@testable import PushAPI

@Suite struct PublishBatchTests {
    private func parse(_ json: String) throws(PublishRequest.Invalid) -> PublishBatch {
        try PublishBatch(json: ByteBuffer(string: json))
    }

    private func array(_ count: Int, channels: Int = 1, content: String = "x") -> String {
        let list = (0..<channels).map { "\"c\($0)\"" }.joined(separator: ",")
        return "[" + (0..<count).map { _ in #"{"channels":[\#(list)],"content":"\#(content)"}"# }.joined(separator: ",") + "]"
    }

    @Test func takesOneMessageOrAnArray() throws {
        let one = try self.parse(#" {"channels":["a"],"content":"x"} "#)
        #expect(!one.isArray)
        #expect(one.entryCount == 1)
        let array = try self.parse(#" [ {"channels":["a","b","a"],"content":"x"} , {"content":" ","channels":["c"]} ] "#)
        #expect(array.isArray)
        #expect(array.messages.map { $0.channels.map(\.rawValue) } == [["a", "b"], ["c"]])
        #expect(array.messages.map(\.encodedContent) == ["x", "%20"])
        #expect(array.entryCount == 3)
        #expect(try self.parse(#"[{"channels":["a"],"content":"x"}]"#).isArray)
    }

    @Test func theFirstOfTwoFieldsWithOneNameCounts() throws {
        let batch = try self.parse(#"{"content":"1","channels":["a"],"content":"2","channels":["b"]}"#)
        #expect(batch.messages[0].encodedContent == "1")
        #expect(batch.messages[0].channels.map(\.rawValue) == ["a"])
    }

    @Test func readsEscapes() throws {
        let batch = try self.parse(#"{"ch\u0061nnels":["\u00e9"],"content":"x"}"#)
        #expect(batch.messages[0].channels.map(\.rawValue) == ["é"])
        #expect(try self.parse(#"{"channels":["a"],"content":"\"\ud83d\ude00"}"#).messages[0].encodedContent == "%22%F0%9F%98%80")
        let message = "the field 'content' is not valid: it has half of a surrogate pair"
        #expect(throws: PublishRequest.Invalid.body(.badFormat(message))) {
            try self.parse(#"{"channels":["a"],"content":"\ud83d"}"#)
        }
    }

    @Test(arguments: [
        (#"[{"channels":["a"],"content":"x"},5]"#, "the field '[1]' must be an object"),
        (#"[[]]"#, "the field '[0]' must be an object"),
        (#"[{"channels":["a"],"content":"x"},{}]"#, "the field '[1].channels' is missing"),
        (#"[{"channels":["a"]}]"#, "the field '[0].content' is missing"),
        (#"[{"channels":"a","content":"x"}]"#, "the field '[0].channels' must be a list"),
        (#"[{"channels":["a",null],"content":"x"}]"#, "the field '[0].channels[1]' must be a string"),
        (#"[{"channels":["a"],"content":5}]"#, "the field '[0].content' must be a string"),
        (
            #"[{"channels":["\udfff"],"content":"x"}]"#,
            "the field '[0].channels[0]' is not valid: it has half of a surrogate pair"
        ),
    ])
    func namesTheFieldOfAWrongType(body: String, message: String) {
        #expect(throws: PublishRequest.Invalid.body(.badFormat(message))) { try self.parse(body) }
    }

    @Test(arguments: [
        (#"[{"channels":["a"],"content":""}]"#, "'[0].content' is empty"),
        (#"[{"channels":["a"],"content":"x"},{"channels":[],"content":"x"}]"#, "'[1].channels' is empty"),
        (#"[{"channels":["a","b/"],"content":"x"}]"#, "'[0].channels[1]': a channel id must not contain"),
    ])
    func namesTheFieldOfAWrongValue(body: String, start: String) {
        let error = #expect(throws: PublishRequest.Invalid.self) { try self.parse(body) }
        guard case .format(let message) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(message.hasPrefix(start))
    }

    @Test func namesTheContentThatIsTooLarge() {
        let large = #"{"channels":["a"],"content":"\#(String(repeating: "a", count: 32_769))"}"#
        #expect(throws: PublishRequest.Invalid.contentTooLarge(32_769, field: "[1].content")) {
            try self.parse(#"[{"channels":["a"],"content":"x"},\#(large)]"#)
        }
    }

    @Test func refusesAnEmptyArrayAndWhatIsNoMessage() {
        for body in ["[]", "[ ]", "5", "null", "\"x\"", "true"] {
            let error = #expect(throws: PublishRequest.Invalid.self) { try self.parse(body) }
            guard case .body(.notAnObject) = error else {
                Issue.record("\(body): \(String(describing: error))")
                continue
            }
        }
    }

    @Test func takesAThousandMessages() throws {
        #expect(try self.parse(self.array(1_000)).messages.count == 1_000)
        let message = "the array has 1001 messages: send at most 1000 in one request"
        #expect(throws: PublishRequest.Invalid.format(message)) { try self.parse(self.array(1_001)) }
    }

    @Test func takesTenThousandEntries() throws {
        #expect(try self.parse(self.array(100, channels: 100)).entryCount == 10_000)
        let message = "the messages name 10100 channels together: name at most 10000 in one request"
        #expect(throws: PublishRequest.Invalid.format(message)) { try self.parse(self.array(101, channels: 100)) }
    }

    @Test func boundsWhatRedisMustKeep() throws {
        // 64 MiB are 100 messages for 100 channels of 6,710 bytes.
        let content = String(repeating: "a", count: 6_710)
        #expect(try self.parse(self.array(100, channels: 100, content: content)).entryCount == 10_000)
        #expect(throws: PublishRequest.Invalid.tooMuch(67_110_000)) {
            try self.parse(self.array(100, channels: 100, content: content + "a"))
        }
    }
}
