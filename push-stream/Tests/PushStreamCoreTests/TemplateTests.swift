import Testing

@testable import PushStreamCore

@Suite struct TemplateTests {
    private let message = Message(
        id: 7, channel: Array("ch\"1".utf8), text: Array("a~id~b".utf8), eventID: Array("5-1".utf8), eventType: Array("t".utf8),
        time: 784_111_777, tag: 3)

    private func render(_ template: String) -> String {
        String(decoding: MessageTemplate(template).render(message), as: UTF8.self)
    }

    @Test func everyTokenIsReplacedOnceAndTextIsNotScanned() {
        #expect(
            render("~id~|~text~|~size~|~tag~|~time~|~event-id~|~event-type~|~channel~")
                == "7|a~id~b|6|3|Sun, 06 Nov 1994 08:49:37 GMT|5-1|t|ch\"1")
        #expect(render("~ID~~Text~") == "7a~id~b")
        #expect(render("~~id~ ~unknown~ ~") == "~7 ~unknown~ ~")
    }

    @Test func aQuotedChannelIsEscapedForJSON() {
        #expect(render(#"{"channel":"~channel~"}"#) == #"{"channel":"ch\"1"}"#)
        #expect(render(#""~channel~'"#) == #""ch"1'"#)
    }

    @Test func encodingsFrameTheMessage() {
        func encode(_ framing: MessageEncoding.Framing, _ text: String, template: String = "~text~", isChunked: Bool = false)
            -> [UInt8]
        {
            let message = Message(id: 1, text: Array(text.utf8), eventID: Array("9".utf8))
            return MessageEncoding(template: MessageTemplate(template), framing: framing, isChunked: isChunked).encode(message)
        }
        #expect(encode(.plain, "hello", isChunked: true) == Array("5\r\nhello\r\n".utf8))
        #expect(encode(.eventSource, "a\r\nb\n\nc") == Array("id: 9\ndata: a\ndata: b\ndata: c\n\n".utf8))
        #expect(encode(.eventSource, "a", template: "data: <~text~>\n") == Array("id: 9\ndata: <a>\n\n".utf8))
        #expect(encode(.webSocket, "hi") == [0x81, 2] + Array("hi".utf8))
        #expect(encode(.webSocket, String(repeating: "x", count: 126)).prefix(4) == [0x81, 126, 0, 126])
        #expect(encode(.webSocket, String(repeating: "x", count: 65536)).prefix(10) == [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0])
        #expect(encode(.plain, "", isChunked: true).isEmpty)
    }

    @Test func datesAreReadAndWritten() {
        #expect(HTTPDate.format(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(HTTPDate.format(951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
        #expect(HTTPDate.formatISO8601(784_111_777) == "1994-11-06T08:49:37")
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            #expect(HTTPDate.parse(Array(text.utf8)) == 784_111_777)
        }
        for text in ["", "yesterday", "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 88:49:37 GMT"] {
            #expect(HTTPDate.parse(Array(text.utf8)) == nil)
        }
        for seconds in stride(from: 0, through: 4_000_000_000, by: 86_399 * 97) {
            #expect(HTTPDate.parse(Array(HTTPDate.format(seconds).utf8)) == seconds)
        }
    }

    @Test func statisticsOfEveryFormatNameTheSameFields() {
        let info = ChannelStatistics(name: ChannelName("a\"b")!, publishedMessages: 3, storedMessages: 2, subscribers: 1)
        #expect(
            StatisticsFormat.json.channel(info)
                == "{\"channel\": \"a\\\"b\", \"published_messages\": 3, \"stored_messages\": 2, \"subscribers\": 1}\r\n")
        #expect(StatisticsFormat.plain.channel(info).hasSuffix("active_subscribers: 1\r\n"))
        #expect(StatisticsFormat(accept: "text/html, application/xml") == .xml)
        #expect(StatisticsFormat(accept: "text/x-yaml") == .xYAML)
        #expect(StatisticsFormat(accept: "*/*") == .json)
    }
}
