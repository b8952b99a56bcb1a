import Testing

@testable import PushStreamCore

@Suite struct ProtocolReaderTests {
    private func readHead(_ pieces: [[UInt8]], _ limits: RequestHeadReader.Limits = .init()) -> (RequestHeadReader.Outcome, Int) {
        var reader = RequestHeadReader(limits: limits)
        var consumed = 0
        for piece in pieces {
            let (count, outcome) = piece.withUnsafeBytes { reader.read($0) }
            consumed += count
            if case .needsMore = outcome { continue }
            return (outcome, consumed)
        }
        return (.needsMore, consumed)
    }

    @Test func aHeadSplitAtEveryByteIsTheSame() throws {
        let head = Array(
            "\r\nPOST /a//b/./c/../%64?x=1&Y=%20 HTTP/1.1\r\nHost: Example.org:80\r\nContent-Length:  5 \r\nX_y: 1\r\n\r\n".utf8)
        for split in 0...head.count {
            let (outcome, consumed) = readHead([Array(head[..<split]), Array(head[split...]) + Array("hello".utf8)])
            guard case .head(let request) = outcome else {
                Issue.record("split at \(split): \(outcome)")
                continue
            }
            #expect(consumed == head.count)
            #expect(request.method == .post)
            #expect(request.path == "/a/b/d")
            #expect(request.query == "x=1&Y=%20")
            #expect(request.argument("y") == "%20")
            #expect(request.host == "example.org")
            #expect(request.body == .bytes(5))
            #expect(request.fields.count == 2)
        }
        guard case .head(let byByte) = readHead(head.map { [$0] }).0 else {
            Issue.record("byte by byte")
            return
        }
        #expect(byByte.length == head.count)
        guard case .needsMore = readHead([Array(head.dropLast())]).0 else {
            Issue.record("a head without its end is no head")
            return
        }
    }

    @Test func limitsHoldAtTheirEdges() {
        let limits = RequestHeadReader.Limits(initialBuffer: 16, bufferCount: 2, bufferSize: 64, maxFields: 3)
        func failure(_ text: String) -> HTTPFailure? {
            if case .failure(let failure) = readHead([Array(text.utf8)], limits).0 { failure } else { nil }
        }
        let line = "GET /\(String(repeating: "x", count: 48)) HTTP/1.1\r\n"
        #expect(line.utf8.count == 64)
        #expect(failure(line) == nil)
        #expect(failure("GET /\(String(repeating: "x", count: 49)) HTTP/1.1\r\n") == .uriTooLong)
        #expect(failure("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 60))\r\n") == .headerTooLarge)
        #expect(failure("GET / HTTP/1.1\r\nHost: t\r\nA: 1\r\nB: 1\r\nC: 1\r\n\r\n") == .headerTooLarge)
        #expect(failure(String(repeating: "\r\n", count: 200)) == .headerTooLarge)
        #expect(failure("GET / HTTP/1.1\r\nHost: \u{1}\r\n\r\n") == .badRequest)
        #expect(failure("GET http:///x HTTP/1.1\r\nHost: t\r\n\r\n") == .badRequest)
        // A ClientHello of TLS has no line end: it is refused at its first byte.
        #expect(failure("\u{16}\u{3}\u{1}") == .badRequest)
    }

    /// Found by fuzzing: what a client was told depended on how its bytes were cut.
    @Test func refusalsDoNotDependOnHowTheBytesWereCut() {
        let limits = RequestHeadReader.Limits(initialBuffer: 16, bufferCount: 2, bufferSize: 64, maxFields: 3)
        let long = String(repeating: "x", count: 200)
        for (text, expected) in [
            // No method, and too long a line as well.
            ("\u{16}\(long)\r\n", HTTPFailure.badRequest),
            ("GET /\(long)", .uriTooLong),
            // The head is full before the line is.
            (String(repeating: "\r\n", count: 60) + "GET /\(long)", .headerTooLarge),
        ] {
            for pieces in [[Array(text.utf8)], text.utf8.map { [$0] }] {
                guard case .failure(let failure) = readHead(pieces, limits).0 else {
                    Issue.record("no failure for \(text)")
                    continue
                }
                #expect(failure == expected)
            }
        }
    }

    @Test func absoluteTargetsReplaceTheHost() {
        guard case .head(let head) = readHead([Array("GET http://Other:81/p?q HTTP/1.1\r\nHost: t\r\n\r\n".utf8)]).0 else {
            Issue.record("no head")
            return
        }
        #expect(head.host == "other")
        #expect(head.path == "/p")
    }

    @Test func chunkedBodiesSplitAtEveryByteAreTheSame() {
        let body = Array("5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n".utf8)
        for split in 0...body.count {
            var reader = RequestBodyReader(.chunked, limit: 100)
            let first = body[..<split].withUnsafeBytes { reader.read($0) }
            #expect(first.consumed == split)
            let second = (Array(body[split...]) + Array("GET".utf8)).withUnsafeBytes { reader.read($0) }
            #expect(second.outcome == .complete)
            #expect(second.consumed == body.count - split)
            #expect(reader.body == Array("hello0123456789".utf8))
        }
    }

    @Test func bodiesBeyondTheLimitAreRefusedBeforeTheyAreRead() {
        func outcome(_ text: String, _ length: BodyLength = .chunked, limit: Int = 8) -> RequestBodyReader.Outcome {
            var reader = RequestBodyReader(length, limit: limit)
            return Array(text.utf8).withUnsafeBytes { reader.read($0).outcome }
        }
        #expect(outcome("9\r\n") == .failure(.bodyTooLarge))
        #expect(outcome("5\r\nhello\r\n4\r\n") == .failure(.bodyTooLarge))
        #expect(outcome("ffffffffffffffffffff\r\n") == .failure(.bodyTooLarge))
        #expect(outcome("fffffffffffffff\r\n", limit: 0) == .needsMore)
        #expect(outcome("5\r\nhelloX") == .failure(.badRequest))
        #expect(outcome("\r\n") == .failure(.badRequest))
        #expect(outcome("1;" + String(repeating: "x", count: 5000)) == .failure(.badRequest))
        #expect(outcome("0\r\n" + String(repeating: "X: y\r\n", count: 2000)) == .failure(.badRequest))
        #expect(outcome("x", .bytes(9)) == .failure(.bodyTooLarge))
    }

    @Test func webSocketInputSplitAtEveryByteIsTheSame() {
        let mask: [UInt8] = [0x11, 0x22, 0x33, 0x44]
        func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
            let length: [UInt8] =
                payload.count < 126
                ? [0x80 | UInt8(payload.count)] : [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
            return [first] + length + mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
        }
        let long = [UInt8](repeating: 0x61, count: 300)
        // The two bytes of "é" are in different fragments.
        let input =
            frame(0x01, [0xC3]) + frame(0x89, [1, 2]) + frame(0x80, [0xA9]) + frame(0x81, long) + frame(0x8A, [])
            + frame(0x88, [3, 0xE8])
        let expected: [WebSocketReader.Event] = [.ping([1, 2]), .text([0xC3, 0xA9]), .text(long), .pong, .close]
        for split in 0...input.count {
            var reader = WebSocketReader(messageLimit: 1000, keepsText: true)
            let events = input[..<split].withUnsafeBytes { reader.read($0) } + input[split...].withUnsafeBytes { reader.read($0) }
            #expect(events == expected, "split at \(split)")
        }
        var dropping = WebSocketReader(messageLimit: 1000, keepsText: false)
        #expect(input.withUnsafeBytes { dropping.read($0) }.contains(.text([])))
    }

    @Test func webSocketMessagesAreBounded() {
        func events(_ bytes: [UInt8], limit: Int = 10) -> [WebSocketReader.Event] {
            var reader = WebSocketReader(messageLimit: limit, keepsText: true)
            return bytes.withUnsafeBytes { reader.read($0) }
        }
        #expect(events([0x81, 127, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]) == [.failure(code: 1009)])
        #expect(events([0x81, 127, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], limit: .max) == [.failure(code: 1009)])
        // Fragments count together.
        #expect(events([0x01, 6] + Array("abcdef".utf8) + [0x80, 5]) == [.failure(code: 1009)])
        #expect(events([0x81, 2, 0xC3, 0x28]) == [.failure(code: 1007)])
        #expect(events([0x81, 1, 0xC3]) == [.failure(code: 1007)])
        #expect(events([0x81, 0]) == [.text([])])
    }

    @Test func utf8IsCheckedStrictly() {
        for valid in ["", "a", "é", "€", "😀"] { #expect(UTF8Validator.isValid(Array(valid.utf8))) }
        for invalid: [UInt8] in [
            [0x80], [0xC0, 0xAF], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF],
            [0xF0, 0x80, 0x80, 0x80],
        ] { #expect(!UTF8Validator.isValid(invalid)) }
    }

    @Test func theHandshakeIsThatOfTheRFC() {
        #expect(WebSocketHandshake.accept(key: Array("dGhlIHNhbXBsZSBub25jZQ==".utf8)) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }
}
