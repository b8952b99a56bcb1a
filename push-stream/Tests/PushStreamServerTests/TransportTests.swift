import PushStreamCore
import Testing

@testable import PushStreamServer

@Suite struct TransportTests {
    private static let body = #"{"id":1,"channel":"a","text":"hello", "tag":"1", "time":"#

    @Test func onePublishReachesASubscriberOfEveryTransport() async throws {
        try await TestEngine.run { server in
            let stream = try await server.subscribe("/sub/a")
            let events = try await server.subscribe("/ev/a", started: ": \n")
            let poll = try await server.connect()
            try await poll.send("GET /lp/a HTTP/1.1\r\nHost: t\r\n\r\n")
            let jsonp = try await server.connect()
            try await jsonp.send("GET /lp/a?callback=my.cb HTTP/1.1\r\nHost: t\r\n\r\n")
            let socket = try await server.subscribe("/ws/a", fields: TestEngine.webSocketFields)
            try await server.waitForSubscribers(5)

            let answer = try await server.publish("hello", to: "a", eventID: "17-0")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(
                answer.hasSuffix(
                    "{\"channel\": \"a\", \"published_messages\": 1, \"stored_messages\": 1, \"subscribers\": 5}\r\n"))

            for client in [stream, events, poll, jsonp, socket] {
                let text = try await client.wait(for: "\"eventid\":\"17-0\"}")
                #expect(text.contains(Self.body))
            }
            #expect(events.text.contains("id: 17-0\ndata: {\"id\":1,"))
            #expect(events.text.contains("Content-Type: text/event-stream; charset=utf-8\r\n"))
            #expect(stream.text.contains("Content-Type: text/html; charset=utf-8\r\n"))
            #expect(stream.text.contains("Transfer-Encoding: chunked\r\n"))
            try await poll.wait(for: "0\r\n\r\n")
            #expect(poll.text.contains("Etag: W/1\r\n"))
            #expect(poll.text.contains("Last-Modified: "))
            try await jsonp.wait(for: "}]);")
            #expect(jsonp.text.contains("my.cb([{\"id\":1"))
            #expect(jsonp.text.contains("Content-Type: application/javascript\r\n"))
            #expect(socket.text.contains("Sec-WebSocket-Accept: RaIOIcQ6CBoc74B9EKdH0avYZnw=\r\n"))
            #expect(socket.bytes.contains([0x81]))

            let polled = try await server.get("/poll/a.b1")
            #expect(polled.contains(Self.body))
        }
    }

    @Test func aSubscriberOfTwoChannelsGetsBothInPublishOrder() async throws {
        try await TestEngine.run { server in
            let client = try await server.subscribe("/ev/a/b", started: ": \n")
            for index in 1...6 { try await server.publish("m\(index)", to: index % 2 == 0 ? "a" : "b", eventID: "\(index)-0") }
            try await client.wait(for: "\"eventid\":\"6-0\"")
            #expect(Self.texts(client.text) == ["m1", "m2", "m3", "m4", "m5", "m6"])
        }
    }

    @Test func aBacktrackGivesTheLastMessages() async throws {
        try await TestEngine.run { server in
            for index in 1...8 { try await server.publish("m\(index)", to: "a") }
            let client = try await server.subscribe("/ev/a.b5", started: "\"m8\"")
            #expect(Self.texts(client.text) == ["m4", "m5", "m6", "m7", "m8"])
        }
    }

    @Test func aReconnectWithLastEventIDGetsWhatItMissed() async throws {
        try await TestEngine.run { server in
            for index in 1...9 { try await server.publish("m\(index)", to: ["a", "b", "c"][index % 3], eventID: "\(index)-0") }
            for transport in ["ev", "sub", "poll", "lp"] {
                let client = try await server.subscribe("/\(transport)/a/b", fields: "Last-Event-ID: 4-0\r\n", started: "\"m9\"")
                #expect(Self.texts(client.text) == ["m6", "m7", "m9"])
                await client.close()
            }
            // The id is in neither history: ids of streams compare as numbers.
            let other = try await server.subscribe("/ev/a/b", fields: "Last-Event-ID: 5-7\r\n", started: "\"m9\"")
            #expect(Self.texts(other.text) == ["m6", "m7", "m9"])
            let socket = try await server.subscribe(
                "/ws/a/b", fields: TestEngine.webSocketFields + "Last-Event-ID: 6-0\r\n", started: "\"m9\"")
            #expect(Self.texts(socket.text) == ["m7", "m9"])
        }
    }

    @Test func pollingContinuesFromTimeAndTag() async throws {
        try await TestEngine.run { server in
            try await server.publish("m1", to: "a")
            let first = try await server.get("/poll/a", fields: "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n")
            #expect(Self.texts(first) == ["m1"])
            let time = try #require(Self.field("Last-Modified", first))
            let tag = try #require(Self.field("Etag", first))
            let position = "If-Modified-Since: \(time)\r\nIf-None-Match: \(tag)\r\n"

            let nothing = try await server.get("/poll/a", fields: position)
            #expect(nothing.hasPrefix("HTTP/1.1 304 Not Modified\r\n"))
            #expect(Self.field("Last-Modified", nothing) == time)
            #expect(Self.field("Etag", nothing) == tag)
            #expect(
                nothing.contains(
                    "Expires: Thu, 01 Jan 1970 00:00:01 GMT\r\nCache-Control: no-cache, no-store, must-revalidate\r\n"))

            try await server.publish("m2", to: "a")
            for transport in ["poll", "lp"] {
                let answer = try await server.get("/\(transport)/a", fields: position)
                #expect(Self.texts(answer) == ["m2"])
            }
        }
    }

    @Test func theModeFieldTurnsAStreamIntoPolling() async throws {
        try await TestEngine.run { server in
            #expect(try await server.get("/sub/a", fields: "X-Nginx-PushStream-Mode: polling\r\n").hasPrefix("HTTP/1.1 304"))
            let client = try await server.connect()
            try await client.send("GET /sub/a HTTP/1.1\r\nHost: t\r\nX-Nginx-PushStream-Mode: long-polling\r\n\r\n")
            try await server.waitForSubscribers(1)
            try await server.publish("now", to: "a")
            try await client.wait(for: "0\r\n\r\n")
            #expect(Self.texts(client.text) == ["now"])
        }
    }

    @Test func linesBecomeDataFieldsOfOneEvent() async throws {
        try await TestEngine.run { server in
            let client = try await server.subscribe("/ev/a", started: ": \n")
            try await server.publish("one\ntwo\r\nthree", to: "a", eventID: "9-9")
            let text = try await client.wait(for: "three")
            #expect(text.contains("id: 9-9\ndata: {\"id\":1,\"channel\":\"a\",\"text\":\"one\""))
            #expect(text.contains("\ndata: {\"id\":1,\"channel\":\"a\",\"text\":\"two\""))
        }
    }

    /// The module sends a message's event id and padding in chunks of their own; ours is whole in one, whether it is stored or comes live.
    @Test func aMessageIsOneChunk() async throws {
        try await TestEngine.run { server in
            try await server.publish("first", to: "a", eventID: "1-0", fields: "Event-Type: kind\r\n")
            let client = try await server.subscribe("/ev/a.b1", started: "\"first\"")
            try await server.publish("second", to: "a", eventID: "2-0", fields: "Event-Type: kind\r\n")
            try await client.wait(for: "\"2-0\"}\n\n\r\n")
            let chunks = Self.chunks(client.text)
            #expect(chunks.count == 3)
            #expect(chunks.first == ": \n")
            for (chunk, (text, id)) in zip(chunks.dropFirst(), [("first", "1-0"), ("second", "2-0")]) {
                #expect(chunk.hasPrefix("id: \(id)\nevent: kind\ndata: {"))
                #expect(chunk.contains("\"text\":\"\(text)\""))
                #expect(chunk.hasSuffix("}\n\n"))
            }
            await client.close()
        }
    }

    /// The whole chunks of a response.
    private static func chunks(_ response: String) -> [String] {
        guard let head = response.firstRange(of: "\r\n\r\n") else { return [] }
        var rest = response[head.upperBound...].utf8[...]
        var chunks: [String] = []
        while let line = rest.firstIndex(of: UInt8(ascii: "\r")),
            let size = Int(String(decoding: rest[..<line], as: UTF8.self), radix: 16),
            rest.distance(from: line, to: rest.endIndex) >= size + 4
        {
            let start = rest.index(line, offsetBy: 2)
            let end = rest.index(start, offsetBy: size)
            chunks.append(String(decoding: rest[start..<end], as: UTF8.self))
            rest = rest[rest.index(end, offsetBy: 2)...]
        }
        return chunks
    }

    @Test func http10StreamsEndWithTheConnection() async throws {
        try await TestEngine.run({
            $0.connectionTTL = 300; $0.footer = "bye"
        }) { server in
            let answer = try await server.exchange("GET /sub/a HTTP/1.0\r\n\r\n")
            #expect(!answer.contains("Transfer-Encoding"))
            #expect(answer.contains("Connection: close\r\n"))
            #expect(answer.hasSuffix("\r\n\r\nbye"))
        }
    }

    static func texts(_ response: String) -> [String] {
        response.components(between: "\"text\":\"", and: "\"")
    }

    static func field(_ name: String, _ response: String) -> String? {
        response.split(separator: "\r\n").first { $0.hasPrefix("\(name): ") }.map { String($0.dropFirst(name.count + 2)) }
    }
}

extension String {
    func components(between start: String, and end: String) -> [String] {
        var result: [String] = []
        var rest = self[...]
        while let opening = rest.firstRange(of: start) {
            rest = rest[opening.upperBound...]
            guard let closing = rest.firstRange(of: end) else { break }
            result.append(String(rest[..<closing.lowerBound]))
            rest = rest[closing.upperBound...]
        }
        return result
    }
}
