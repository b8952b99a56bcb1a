import CHiredis
import NIOCore

/// Turns bytes from the server into replies, with hiredis' reader.
///
/// hiredis accepts arrays nested up to seven deep and reports anything deeper as a protocol error.
final class ReplyDecoder {
    /// Memory that the reader may keep while it is empty, in bytes. A large reply's buffer is given back afterwards.
    static let idleBufferBytes = 64 * 1024

    /// The longest status, error or integer line, in bytes. The reader searches an unfinished line again from its start each time
    /// bytes arrive, so a line without an end would cost time that grows with its square.
    static let maximumLineBytes = 1 << 20

    /// The reader moves the rest of its buffer to the front for each kilobyte of replies; small slices keep that cheap.
    private static let sliceBytes = 16 * 1024

    private let reader: UnsafeMutablePointer<redisReader>
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private let builder = ReplyBuilder()
    private let maximumReplyBytes: Int

    /// - Parameter maximumReplyBytes: a reply that takes more memory than this is a protocol violation.
    init(maximumReplyBytes: Int) throws(RedisError) {
        let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        functions.initialize(to: ReplyBuilder.makeFunctions())
        guard let reader = redisReaderCreateWithFunctions(functions) else {
            functions.deallocate()
            throw RedisError(code: .connection, message: "the reply reader could not be created: out of memory")
        }
        self.reader = reader
        self.functions = functions
        self.maximumReplyBytes = maximumReplyBytes
        reader.pointee.maxbuf = Self.idleBufferBytes
        reader.pointee.privdata = Unmanaged.passUnretained(builder).toOpaque()
    }

    deinit {
        redisReaderFree(reader)
        functions.deallocate()
    }

    /// Takes all bytes of `buffer` and gives the replies that are complete with them.
    ///
    /// After an error the decoder is of no more use, as it can't tell where the next reply starts.
    func decode(_ buffer: ByteBuffer) throws(RedisError) -> [RedisValue] {
        var buffer = buffer
        var replies: [RedisValue] = []
        while let slice = buffer.readSlice(length: min(buffer.readableBytes, Self.sliceBytes)), slice.readableBytes > 0 {
            let status = slice.withUnsafeReadableBytes { bytes in
                redisReaderFeed(reader, bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count)
            }
            guard status == REDIS_OK else { throw violation() }
            while let reply = try nextReply() { replies.append(reply) }
            try checkPendingSize()
        }
        return replies
    }

    private func nextReply() throws(RedisError) -> RedisValue? {
        var token: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &token) == REDIS_OK else { throw violation() }
        return token == nil ? nil : builder.takeReply()
    }

    private func checkPendingSize() throws(RedisError) {
        let pending = reader.pointee.len - reader.pointee.pos
        if pending > Self.maximumLineBytes, chiredis_pending_type(reader) != REDIS_REPLY_STRING {
            throw RedisError(
                code: .protocolViolation, message: "a line of the reply is longer than \(Self.maximumLineBytes) bytes")
        }
        guard pending + builder.collectedBytes <= maximumReplyBytes else {
            throw RedisError(code: .protocolViolation, message: "the reply is larger than \(maximumReplyBytes) bytes")
        }
    }

    private func violation() -> RedisError {
        let text = withUnsafeBytes(of: reader.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return RedisError(code: .protocolViolation, message: "not a RESP2 reply: \(text)")
    }
}
