import NIOCore
import PushModels
import Testing

@testable import PushAPI

@Suite struct PublishRequestTests {
    private func parse(_ json: String) throws(PublishRequest.Invalid) -> PublishRequest {
        try PublishBatch(json: ByteBuffer(string: json)).messages[0]
    }

    @Test func encodesContentAndKeepsTheOrderOfChannels() throws {
        let request = try self.parse(#"{"channels":["b","a"],"content":"a 'b' €","extra":[1]}"#)
        #expect(request.channels.map(\.rawValue) == ["b", "a"])
        #expect(request.encodedContent == "a%20%27b%27%20%E2%82%AC")
    }

    @Test func publishesADuplicateChannelOnce() throws {
        #expect(try self.parse(#"{"channels":["a","b","a"],"content":"x"}"#).channels.map(\.rawValue) == ["a", "b"])
    }

    @Test func channelsOfDifferentNormalFormsAreDifferent() throws {
        let request = try self.parse(#"{"channels":["\u00e9","e\u0301"],"content":"x"}"#)
        #expect(request.channels.map { Array($0.rawValue.utf8) } == [[0xC3, 0xA9], [0x65, 0xCC, 0x81]])
    }

    @Test(arguments: [
        "", "{", "null", "[]", "1", #""text""#, #"{"channels":["a"],"content":"x"} x"#, #"{"channels":["a"],"content":"x",}"#,
    ])
    func refusesWhatIsNotAnObject(body: String) {
        let error = #expect(throws: PublishRequest.Invalid.self) { try self.parse(body) }
        guard case .body(.notAnObject(let message)) = error else {
            Issue.record("\(body): \(String(describing: error))")
            return
        }
        #expect(!message.isEmpty)
    }

    @Test(arguments: [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0]] as [[UInt8]])
    func refusesBytesThatAreNotUTF8(bytes: [UInt8]) {
        var body = ByteBuffer(string: #"{"channels":["a"],"content":""#)
        body.writeBytes(bytes)
        body.writeString(#""}"#)
        let message = "the request body is not valid UTF-8: send JSON encoded in UTF-8"
        #expect(throws: PublishRequest.Invalid.body(.notAnObject(message))) { try PublishBatch(json: body) }
    }

    @Test func refusesUTF16() throws {
        var body = ByteBuffer()
        for unit in #"{"channels":["a"],"content":"x"}"#.utf16 { body.writeInteger(unit) }
        #expect(throws: PublishRequest.Invalid.self) { try PublishBatch(json: body) }
    }

    @Test(arguments: [
        (#"{"content":"x"}"#, "the field 'channels' is missing"),
        (#"{"channels":["a"]}"#, "the field 'content' is missing"),
        (#"{"channels":"a","content":"x"}"#, "the field 'channels' must be a list"),
        (#"{"channels":null,"content":"x"}"#, "the field 'channels' must be a list"),
        (#"{"channels":["a",5],"content":"x"}"#, "the field 'channels[1]' must be a string"),
        (#"{"channels":["a"],"content":5}"#, "the field 'content' must be a string"),
        (#"{"channels":["a"],"content":null}"#, "the field 'content' must be a string"),
        (#"{"channels":["a"],"content":{}}"#, "the field 'content' must be a string"),
    ])
    func namesTheFieldOfAWrongType(body: String, message: String) {
        #expect(throws: PublishRequest.Invalid.body(.badFormat(message))) { try self.parse(body) }
    }

    @Test func refusesEmptyContent() {
        let message = "'content' is empty: push-stream does not publish empty messages"
        #expect(throws: PublishRequest.Invalid.format(message)) { try self.parse(#"{"channels":["a"],"content":""}"#) }
    }

    @Test(arguments: ["a/b", "", "a b", "a\u{7F}", "x.b5", "ALL", "..", "a*"])
    func refusesHostileIDs(id: String) {
        let error = #expect(throws: PublishRequest.Invalid.self) {
            try self.parse(#"{"channels":["ok","\#(id)"],"content":"x"}"#)
        }
        guard case .format(let message) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(message.hasPrefix("'channels[1]': "))
    }

    @Test func takesOneToAHundredChannels() throws {
        func body(_ count: Int) -> String {
            #"{"channels":["# + (0..<count).map { "\"c\($0)\"" }.joined(separator: ",") + #"],"content":"x"}"#
        }
        #expect(try self.parse(body(100)).channels.count == 100)
        #expect(throws: PublishRequest.Invalid.format("'channels' is empty: name at least one channel")) {
            try self.parse(body(0))
        }
        let message = "'channels' names 101 channels: name at most 100 in one request"
        #expect(throws: PublishRequest.Invalid.format(message)) { try self.parse(body(101)) }
    }

    @Test func boundsTheContentByItsEncodedLength() throws {
        func body(_ content: String) -> String { #"{"channels":["a"],"content":"\#(content)"}"# }
        #expect(try self.parse(body(String(repeating: "a", count: 32_768))).encodedContent.utf8.count == 32_768)
        #expect(throws: PublishRequest.Invalid.contentTooLarge(32_769)) {
            try self.parse(body(String(repeating: "a", count: 32_769)))
        }
        // A space takes three bytes.
        #expect(throws: PublishRequest.Invalid.contentTooLarge(32_769)) {
            try self.parse(body(String(repeating: " ", count: 10_923)))
        }
    }

    @Test func theLargestRequestFitsIntoTheBodyLimit() throws {
        func escaped(_ text: String) -> String {
            text.utf16.map { "\\u" + String(repeating: "0", count: 4 - String($0, radix: 16).count) + String($0, radix: 16) }
                .joined()
        }
        let channels = (0..<100).map { "\"" + escaped("\($0)" + String(repeating: "x", count: 200 - "\($0)".count)) + "\"" }
        let json =
            #"{"channels":["# + channels.joined(separator: ",") + #"],"content":""#
            + escaped(String(repeating: "a", count: 32_768)) + #""}"#
        #expect(json.utf8.count > 300_000)
        #expect(json.utf8.count <= PublishRequest.maximumBodySize)
        #expect(try self.parse(json).channels.count == 100)
    }

    @Test func refusesDeepNesting() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: PublishRequest.Invalid.self) { try self.parse(#"{"channels":["a"],"content":"x","deep":\#(deep)"#) }
    }
}
