import Foundation
import IntegrationSupport
import Testing

/// The clients accept what is right and refuse what is not; else the tests that use them would prove nothing.
@Suite struct ClientTests {
    @Test func `an event stream is read across any split`() throws {
        let text = ": hello\nid: 1-0\nevent: news\ndata: one\ndata: two ü\n\nid: 2-0\r\ndata:x\r\n\r\n:\n\n"
        let expected = [
            ServerSentEvent(id: "1-0", event: "news", data: "one\ntwo ü"), ServerSentEvent(id: "2-0", event: nil, data: "x"),
        ]
        let bytes = Array(text.utf8)
        for split in 0...bytes.count {
            var parser = ServerSentEventParser()
            let events = try parser.feed(bytes[..<split]) + parser.feed(bytes[split...])
            #expect(events == expected, "split at \(split)")
            #expect(parser.comments == [" hello", ""])
        }
    }

    @Test(arguments: ["retries: 1\n", "data\n", "datum: x\n", "\u{FEFF}data: x\n"])
    func `an event stream with other lines is refused`(text: String) {
        var parser = ServerSentEventParser()
        #expect(throws: TransportError.self) { try parser.feed(text.utf8) }
    }

    @Test func `a message has six keys`() throws {
        let json = #"{"id":3,"channel":"a","text":"%C3%BC","tag":"1","time":"Sun, 06 Nov 1994 08:49:37 GMT","eventid":"5-1"}"#
        let message = try PushMessage(json: json)
        #expect(message.content == "ü")
        #expect(message.eventID == "5-1")
        #expect(httpDate(message.time)?.timeIntervalSince1970 == 784_111_777)
        for broken in [
            json.replacing(#""tag":"1","#, with: ""), json.replacing(#""tag":"1""#, with: #""tag":1"#),
            json.replacing(#"{"id""#, with: #"{"x":1,"id""#), json + json, "[\(json)]", "",
        ] {
            #expect(throws: TransportError.self) { try PushMessage(json: broken) }
        }
    }
}
