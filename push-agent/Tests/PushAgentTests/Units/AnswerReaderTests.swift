import NIOCore
import Testing

@testable import PushAgent

@Suite("Answers of push-stream") struct AnswerReaderTests {
    /// Feeds the pieces one after the other, each as often as it takes.
    private static func outcomes(_ pieces: [ArraySlice<UInt8>], _ reader: inout AnswerReader) -> [AnswerReader.Outcome] {
        var outcomes: [AnswerReader.Outcome] = []
        for piece in pieces {
            var rest = piece
            while !rest.isEmpty {
                let (consumed, outcome) = rest.withUnsafeBytes { reader.read($0) }
                rest = rest.dropFirst(consumed)
                if outcome != .needsMore { outcomes.append(outcome) }
                if case .failure = outcome { return outcomes }
            }
        }
        return outcomes
    }

    private static func outcomes(_ text: String, limits: AnswerReader.Limits = .init()) -> [AnswerReader.Outcome] {
        var reader = AnswerReader(limits: limits)
        return self.outcomes([Array(text.utf8)[...]], &reader)
    }

    private static func bytewise(_ text: String, limits: AnswerReader.Limits = .init()) -> [AnswerReader.Outcome] {
        var reader = AnswerReader(limits: limits)
        return self.outcomes(text.utf8.map { [$0][...] }, &reader)
    }

    private static func answer(
        _ status: Int, _ body: String = "", instance: String? = nil, keepsAlive: Bool = true
    ) -> AnswerReader.Outcome {
        .answer(PushStreamResponse(status: status, instance: instance, keepsAlive: keepsAlive, body: ByteBuffer(string: body)))
    }

    /// Every kind of answer that has an end of its own.
    private static let pipeline =
        "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello"
        + "HTTP/1.1 204 No Content\r\nX-PushService-Instance:\t life-1 \r\n\r\n"
        + "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 500\r\ncontent-length:0\r\n\r\n"
        + "HTTP/1.1 200 OK\r\nTRANSFER-ENCODING: Chunked\r\n\r\n5;a=b\r\nab\r\nc\r\n00A \r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
        + "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n"
        + "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        + "HTTP/1.0 404 Not Found\r\nConnection: x, Keep-Alive\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nno"

    private static let answers: [AnswerReader.Outcome] = [
        Self.answer(200, "hello"), Self.answer(204, instance: "life-1"), Self.answer(500), Self.answer(200, "ab\r\nc0123456789"),
        Self.answer(304), Self.answer(200), Self.answer(404, "no"),
    ]

    @Test("Answers are read from one piece") func whole() { #expect(Self.outcomes(Self.pipeline) == Self.answers) }

    @Test("Wherever the bytes are cut, the answers are the same") func cuts() {
        let bytes = Array(Self.pipeline.utf8)
        for cut in bytes.indices {
            var reader = AnswerReader()
            #expect(Self.outcomes([bytes[..<cut], bytes[cut...]], &reader) == Self.answers, "cut before byte \(cut)")
        }
        #expect(Self.bytewise(Self.pipeline) == Self.answers)
    }

    @Test("Bodies that nobody needs are not kept") func withoutBodies() {
        var reader = AnswerReader(keepsBodies: false)
        let statuses = Self.outcomes([Array(Self.pipeline.utf8)[...]], &reader).map {
            guard case .answer(let response) = $0, response.body.readableBytes == 0 else { return 0 }
            return response.status
        }
        #expect(statuses == [200, 204, 500, 200, 304, 200, 404])
    }

    @Test(
        "An answer that ends the connection is the last",
        arguments: ["close", "Close", "keep-alive, close", "close , keep-alive"])
    func close(option: String) {
        let text = "HTTP/1.1 200 OK\r\nConnection: \(option)\r\nContent-Length: 0\r\n\r\n"
        #expect(Self.outcomes(text + text) == [Self.answer(200, keepsAlive: false)])
        #expect(Self.bytewise(text + "garbage") == [Self.answer(200, keepsAlive: false)])
    }

    @Test("HTTP/1.0 ends the connection unless it says otherwise") func version() {
        #expect(Self.outcomes("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx") == [Self.answer(200, "x", keepsAlive: false)])
    }

    @Test("A body without a length ends with the connection, and nothing else does") func untilEnd() {
        for text in ["HTTP/1.1 200 OK\r\n\r\nsome", "HTTP/1.0 200 OK\r\nServer: x\r\n\r\nsome"] {
            var reader = AnswerReader()
            #expect(Self.outcomes([Array(text.utf8)[...]], &reader).isEmpty)
            #expect(reader.inputEnded() == Self.answer(200, "some", keepsAlive: false))
            #expect(reader.inputEnded() == .needsMore)
        }
        // Whatever the cut answer says, its message counts as unanswered.
        let lengths = Array(Self.pipeline.utf8)
        for cut in lengths.indices {
            var reader = AnswerReader()
            _ = Self.outcomes([lengths[..<cut]], &reader)
            #expect(reader.inputEnded() == .needsMore, "ended before byte \(cut)")
        }
    }

    @Test(
        "What is not plainly an answer is none",
        arguments: [
            "\r\nHTTP/1.1 200 OK\r\n\r\n", "garbage\r\n", "HTTP/2 200 OK\r\n", "HTTP/2.0 200 OK\r\n", "http/1.1 200 OK\r\n",
            "HTTP/1.1  200 OK\r\n", "HTTP/1.1 20 OK\r\n", "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 2x0 OK\r\n", "HTTP/1.1 099 OK\r\n",
            "HTTP/1.1 600 OK\r\n", "HTTP/1.x 200 OK\r\n", "HTTP/1.1 200 OK\n", "HTTP/1.1 101 Switching Protocols\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n", "HTTP/1.1 200 OK\r\n: x\r\n", "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n",
            "HTTP/1.1 200 OK\r\nA: b\r\n continued\r\n", "HTTP/1.1 200 OK\r\nA: b\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n", "HTTP/1.1 200 OK\r\nContent-Length:\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5x\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000000000000000\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\n",
        ])
    func malformed(text: String) {
        #expect(Self.outcomes(text) == [.failure(.malformedAnswer)])
        #expect(Self.bytewise(text) == [.failure(.malformedAnswer)])
    }

    @Test(
        "A head that does not end is given up, whatever it is made of",
        arguments: ["x", "A: b\r\n", "interim", "trailer", "chunk"])
    func longHead(kind: String) {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        let (start, part) =
            switch kind {
            case "interim": ("", "HTTP/1.1 100 Continue\r\n\r\n")
            case "trailer": (chunked + "0\r\n", "A: b\r\n")
            case "chunk": (chunked + "1;", "x")
            default: ("HTTP/1.1 200 OK\r\n", kind)
            }
        let limits = AnswerReader.Limits(headBytes: 500)
        let text = start + String(repeating: part, count: 1_000)
        #expect(Self.outcomes(text, limits: limits) == [.failure(.headTooLarge(limit: 500))])
        #expect(Self.bytewise(text, limits: limits) == [.failure(.headTooLarge(limit: 500))])
    }

    @Test("A body may be as long as the limit and no longer") func longBody() {
        let limits = AnswerReader.Limits(headBytes: 500, bodyBytes: 10)
        let body = "0123456789"
        #expect(Self.outcomes("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + body, limits: limits) == [Self.answer(200, body)])
        #expect(
            Self.outcomes("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", limits: limits) == [.failure(.bodyTooLarge(limit: 10))]
        )
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + "1\r\nx\r\n" + "9\r\n123456789\r\n"
        #expect(Self.outcomes(chunked + "0\r\n\r\n", limits: limits) == [Self.answer(200, "x123456789")])
        #expect(Self.outcomes(chunked + "1\r\nx\r\n", limits: limits) == [.failure(.bodyTooLarge(limit: 10))])
        #expect(Self.outcomes("HTTP/1.1 200 OK\r\n\r\n" + body + "x", limits: limits) == [.failure(.bodyTooLarge(limit: 10))])
    }

    @Test("Heads of many answers, and lines of many chunks, do not add up to the limit") func heads() {
        let limits = AnswerReader.Limits(headBytes: 60)
        let text =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + String(repeating: "1\r\nx\r\n", count: 50) + "0\r\n\r\n"
        let body = String(repeating: "x", count: 50)
        #expect(Self.outcomes(text + text, limits: limits) == [Self.answer(200, body), Self.answer(200, body)])
    }

    @Test("No bytes bring the reader to take more than there are, or to go on after a failure") func noise() {
        var generator = SystemRandomNumberGenerator()
        let valid = Array(Self.pipeline.utf8)
        for _ in 0..<3_000 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = .random(in: .min ... .max, using: &generator)
                case 1: bytes.remove(at: place)
                default: bytes.insert(.random(in: .min ... .max, using: &generator), at: place)
                }
            }
            var reader = AnswerReader()
            let cut = Int.random(in: 0...bytes.count, using: &generator)
            let outcomes = Self.outcomes([bytes[..<cut], bytes[cut...]], &reader)
            guard case .failure = outcomes.last else { continue }
            let (consumed, outcome) = valid.withUnsafeBytes { reader.read($0) }
            #expect(consumed == valid.count && outcome == .needsMore)
        }
    }
}
