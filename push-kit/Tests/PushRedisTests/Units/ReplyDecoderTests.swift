import NIOCore
import NIOEmbedded
import Testing

@testable import PushRedis

@Suite struct ReplyDecoderTests {
    static let samples: [(String, RedisValue)] = [
        ("+OK\r\n", .status("OK")),
        ("+\r\n", .status("")),
        (":0\r\n", .integer(0)),
        (":-9223372036854775808\r\n", .integer(.min)),
        (":9223372036854775807\r\n", .integer(.max)),
        ("$-1\r\n", .null),
        ("*-1\r\n", .null),
        ("$0\r\n\r\n", .string([])),
        ("$6\r\na\r\nb\u{0}c\r\n", .string(Array("a\r\nb\u{0}c".utf8))),
        ("-WRONGTYPE not this kind\r\n", .error(RedisError(code: .server("WRONGTYPE"), message: "WRONGTYPE not this kind"))),
        ("-something else\r\n", .error(RedisError(code: .server("ERR"), message: "something else"))),
        ("*0\r\n", .array([])),
        (
            "*5\r\n:1\r\n$1\r\nx\r\n*2\r\n+a\r\n*0\r\n$-1\r\n-ERR e\r\n",
            .array([
                .integer(1), .string([0x78]), .array([.status("a"), .array([])]), .null,
                .error(RedisError(code: .server("ERR"), message: "ERR e")),
            ])
        ),
        ("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:7\r\n", (0..<7).reduce(.integer(7)) { value, _ in .array([value]) }),
    ]

    @Test func everyKindSplitAtEveryByte() throws {
        for (text, expected) in Self.samples {
            let bytes = Array(text.utf8)
            for split in 0...bytes.count {
                let decoder = try ReplyDecoder(maximumReplyBytes: 1 << 20)
                var replies = try decoder.decode(ByteBuffer(bytes: bytes[..<split]))
                #expect(replies.isEmpty || split == bytes.count, "\(text)")
                replies += try decoder.decode(ByteBuffer(bytes: bytes[split...]))
                #expect(replies == [expected], "\(text) split at \(split)")
            }
        }
    }

    /// Through the channel handler: one stream of all kinds, in pieces of every size.
    @Test func oneStreamInPiecesOfEverySize() throws {
        let samples = Self.samples
        let bytes = samples.flatMap { Array($0.0.utf8) }
        for size in 1...bytes.count {
            let channel = EmbeddedChannel()
            let handler = RedisConnectionHandler(decoder: try ReplyDecoder(maximumReplyBytes: 1 << 20), eventLoop: channel.eventLoop)
            try channel.pipeline.syncOperations.addHandler(handler)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            let promise = channel.eventLoop.makePromise(of: [RedisValue].self)
            handler.exchange(ByteBuffer(string: "x"), count: samples.count, promise: promise)
            for start in stride(from: 0, to: bytes.count, by: size) {
                try channel.writeInbound(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]))
            }
            #expect(try promise.futureResult.wait() == samples.map(\.1))
            _ = try channel.finish()
        }
    }

    @Test func manyRepliesInOneBuffer() throws {
        let decoder = try ReplyDecoder(maximumReplyBytes: 1 << 20)
        let text = (0..<20_000).map { ":\($0)\r\n" }.joined()
        #expect(try decoder.decode(ByteBuffer(string: text)) == (0..<20_000).map { .integer($0) })
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n", "\u{0}\u{0}\u{0}\u{0}", ":12a\r\n", "$-2\r\n", "*-2\r\n", "$9999999999999999999999\r\n",
        "*99999999999\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
    ])
    func garbage(text: String) throws {
        let decoder = try ReplyDecoder(maximumReplyBytes: 1 << 20)
        let error = #expect(throws: RedisError.self) { try decoder.decode(ByteBuffer(string: text)) }
        #expect(error?.code == .protocolViolation)
    }

    @Test func boundOnOneReply() throws {
        let bulk = try ReplyDecoder(maximumReplyBytes: 100_000)
        let chunk = ByteBuffer(repeating: 0x61, count: 60_000)
        _ = try bulk.decode(ByteBuffer(string: "$1000000\r\n"))
        _ = try bulk.decode(chunk)
        #expect(throws: RedisError.self) { try bulk.decode(chunk) }

        let line = try ReplyDecoder(maximumReplyBytes: 100 << 20)
        _ = try line.decode(ByteBuffer(string: "+"))
        #expect(throws: RedisError.self) { for _ in 0..<20 { _ = try line.decode(chunk) } }

        // What an array has collected counts as well, although it has left the reader.
        let array = try ReplyDecoder(maximumReplyBytes: 100_000)
        _ = try array.decode(ByteBuffer(string: "*2000000000\r\n"))
        let items = ByteBuffer(string: String(repeating: ":1\r\n", count: 1000))
        #expect(throws: RedisError.self) { for _ in 0..<100 { _ = try array.decode(items) } }
    }
}
