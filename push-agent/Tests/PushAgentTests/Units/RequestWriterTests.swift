import NIOCore
import Testing

@testable import PushAgent

@Suite("Requests to push-stream") struct RequestWriterTests {
    private let writer = RequestWriter(host: "h:1")

    private func written(_ publishes: PublishRequest...) -> String {
        var buffer = ByteBuffer()
        for publish in publishes { self.writer.write(publish, to: &buffer) }
        return String(buffer: buffer)
    }

    @Test("A publish carries the channel encoded, the Event-Id and the length in bytes") func message() {
        let id = StreamID(milliseconds: 7, sequence: 1)
        #expect(
            self.written(PublishRequest(channel: "a b/é", content: .message("héllo", eventID: id)))
                == "POST /pub?id=a%20b%2F%C3%A9 HTTP/1.1\r\nHost: h:1\r\nEvent-Id: 7-1\r\nContent-Length: 6\r\n\r\nhéllo")
    }

    @Test("No channel ends a line or a head") func injection() {
        let text = self.written(PublishRequest(channel: "a\r\nX: y\r\n\r\n&id=b HTTP/1.1#", content: .ensureChannel))
        #expect(text.hasPrefix("POST /pub?id=a%0D%0AX%3A%20y%0D%0A%0D%0A%26id%3Db%20HTTP%2F1.1%23 HTTP/1.1\r\nHost: h:1\r\n"))
    }

    @Test("An empty message has no body, and the next request begins at once") func empty() {
        let ids = [StreamID(milliseconds: 0, sequence: 0), StreamID(milliseconds: .max, sequence: .max)]
        #expect(
            self.written(
                PublishRequest(channel: "c", content: .message("", eventID: ids[0])),
                PublishRequest(channel: "c", content: .message("x", eventID: ids[1])))
                == "POST /pub?id=c HTTP/1.1\r\nHost: h:1\r\nEvent-Id: 0-0\r\nContent-Length: 0\r\n\r\n"
                + "POST /pub?id=c HTTP/1.1\r\nHost: h:1\r\nEvent-Id: 18446744073709551615-18446744073709551615\r\n"
                + "Content-Length: 1\r\n\r\nx")
    }

    @Test("A channel that is ensured gets the text that a module would publish") func ensure() {
        #expect(
            self.written(PublishRequest(channel: "c", content: .ensureChannel))
                == "POST /pub?id=c HTTP/1.1\r\nHost: h:1\r\nX-PushService-Ensure-Channel: 1\r\nContent-Length: 4\r\n\r\nping")
    }

    @Test("Questions name the agent") func questions() {
        var buffer = ByteBuffer()
        self.writer.write(.summary(agent: "n"), to: &buffer)
        self.writer.write(.allChannels(agent: "n"), to: &buffer)
        #expect(
            String(buffer: buffer)
                == "GET /channels-stats HTTP/1.1\r\nHost: h:1\r\nX-PushService-Agent: n\r\n\r\n"
                + "GET /channels-stats?id=ALL HTTP/1.1\r\nHost: h:1\r\nX-PushService-Agent: n\r\n\r\n")
    }
}
