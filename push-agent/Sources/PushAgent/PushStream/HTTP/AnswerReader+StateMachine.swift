import NIOCore
import PushModels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Reads answers from the bytes of a connection: what HTTP/1.1 (RFC 9112) lets a server send to this client, and nothing else.
///
/// Strict, since answers belong to requests by their order alone: where one is not plainly an answer, no later one could be trusted, so
/// the connection must end and what is unanswered is sent again.
struct AnswerReader: Sendable {
    enum Outcome: Equatable, Sendable {
        /// All bytes were taken, and more must come before there is another answer.
        case needsMore
        case answer(PushStreamResponse)
        /// The connection is of no more use.
        case failure(PushStreamError)
    }

    struct Limits: Equatable, Sendable {
        /// Of all lines before a body, or after a chunked one. Nginx itself reads heads of up to 32 KB.
        var headBytes = 32 * 1_024
        /// Publishing answers have about 150 bytes; 10,000 channels' statistics about 1.2 MB.
        var bodyBytes = 64 * 1_024 * 1_024
    }

    private enum State {
        case statusLine
        case fields
        case body(remaining: Int)
        case chunkSize
        case chunk(remaining: Int)
        /// The line end after a chunk.
        case chunkEnd
        case trailers
        /// The end of the connection is the end of the body.
        case untilEnd
        /// No more answers: one was the last, or is broken.
        case over
    }

    private let limits: Limits
    /// Whether answers are given with their bodies, rather than with empty ones.
    var keepsBodies: Bool
    private var state = State.statusLine
    /// The beginning of a line whose end has not come.
    private var line: [UInt8] = []
    private var head = AnswerHead()
    private var headBytes = 0
    private var bodyBytes = 0
    private var body = ByteBuffer()

    init(keepsBodies: Bool = true, limits: Limits = Limits()) {
        self.keepsBodies = keepsBodies
        self.limits = limits
    }

    /// Takes bytes up to the end of the next answer.
    mutating func read(_ bytes: UnsafeRawBufferPointer) -> (consumed: Int, outcome: Outcome) {
        var place = 0
        do throws(PushStreamError) {
            while place < bytes.count {
                let (consumed, isComplete) = try self.step(UnsafeRawBufferPointer(rebasing: bytes[place...]))
                place += consumed
                if isComplete { return (place, .answer(self.finish())) }
            }
            return (place, .needsMore)
        } catch {
            self.state = .over
            return (place, .failure(error))
        }
    }

    /// The server has ended the connection.
    mutating func inputEnded() -> Outcome {
        guard case .untilEnd = self.state else {
            self.state = .over
            return .needsMore
        }
        return .answer(self.finish())
    }

    /// Takes one part: a line, or bytes of a body.
    private mutating func step(_ bytes: UnsafeRawBufferPointer) throws(PushStreamError) -> (consumed: Int, isComplete: Bool) {
        switch self.state {
        case .body(let remaining):
            let part = bytes.prefix(remaining)
            try self.keep(part)
            self.state = .body(remaining: remaining - part.count)
            return (part.count, part.count == remaining)
        case .chunk(let remaining):
            let part = bytes.prefix(remaining)
            try self.keep(part)
            self.state = part.count == remaining ? .chunkEnd : .chunk(remaining: remaining - part.count)
            return (part.count, false)
        case .untilEnd:
            try self.keep(bytes[...])
            return (bytes.count, false)
        case .over:
            return (bytes.count, false)
        case .statusLine, .fields, .chunkSize, .chunkEnd, .trailers:
            return try self.stepLine(bytes)
        }
    }

    private mutating func stepLine(_ bytes: UnsafeRawBufferPointer) throws(PushStreamError) -> (consumed: Int, isComplete: Bool) {
        guard let start = bytes.baseAddress else { return (0, false) }
        let end = memchr(start, Int32(UInt8(ascii: "\n")), bytes.count)
        let count = end.map { UnsafeRawPointer($0) - start + 1 } ?? bytes.count
        self.headBytes += count
        guard self.headBytes <= self.limits.headBytes else { throw .headTooLarge(limit: self.limits.headBytes) }
        let part = UnsafeRawBufferPointer(start: start, count: count)
        if end == nil {
            self.line.append(contentsOf: part)
            return (count, false)
        }
        if self.line.isEmpty { return (count, try self.take(part)) }
        var line: [UInt8] = []
        swap(&line, &self.line)
        line.append(contentsOf: part)
        let isComplete = line.withUnsafeBytes { bytes in
            Result { () throws(PushStreamError) in try self.take(bytes) }
        }
        return (count, try isComplete.get())
    }

    /// - Parameter bytes: a line with its end.
    /// - Returns: whether the answer is complete.
    private mutating func take(_ bytes: UnsafeRawBufferPointer) throws(PushStreamError) -> Bool {
        guard bytes.count >= 2, bytes[bytes.count - 2] == UInt8(ascii: "\r") else { throw .malformedAnswer }
        let line = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 2)])
        switch self.state {
        case .statusLine:
            self.head = AnswerHead()
            try self.head.readStatusLine(line)
            self.state = .fields
        case .fields where line.isEmpty:
            return try self.headEnded()
        case .fields:
            try self.head.readField(line)
        case .chunkSize:
            let size = try Self.chunkSize(line)
            // Each chunk's line is bounded by itself, not together with those before it.
            self.headBytes = 0
            self.state = size == 0 ? .trailers : .chunk(remaining: size)
        case .chunkEnd:
            guard line.isEmpty else { throw .malformedAnswer }
            self.state = .chunkSize
        case .trailers:
            return line.isEmpty
        case .body, .chunk, .untilEnd, .over:
            break
        }
        return false
    }

    /// - Returns: whether the answer has no body.
    private mutating func headEnded() throws(PushStreamError) -> Bool {
        switch try self.head.framing {
        case .interim:
            // The head's limit goes on counting: interim answers without an end are no answer.
            self.state = .statusLine
            return false
        case .length(let length):
            guard length <= self.limits.bodyBytes else { throw .bodyTooLarge(limit: self.limits.bodyBytes) }
            self.state = .body(remaining: length)
            return length == 0
        case .chunked:
            self.headBytes = 0
            self.state = .chunkSize
            return false
        case .untilEnd:
            self.state = .untilEnd
            return false
        }
    }

    private mutating func keep(_ part: Slice<UnsafeRawBufferPointer>) throws(PushStreamError) {
        self.bodyBytes += part.count
        guard self.bodyBytes <= self.limits.bodyBytes else { throw .bodyTooLarge(limit: self.limits.bodyBytes) }
        if self.keepsBodies { self.body.writeBytes(UnsafeRawBufferPointer(rebasing: part)) }
    }

    /// The answer that is complete.
    private mutating func finish() -> PushStreamResponse {
        var keepsAlive = self.head.keepsAlive
        if case .untilEnd = self.state { keepsAlive = false }
        let response = PushStreamResponse(
            status: self.head.status, instance: self.head.instance, keepsAlive: keepsAlive, body: self.body)
        if self.keepsBodies { self.body = ByteBuffer() }
        self.headBytes = 0
        self.bodyBytes = 0
        self.state = keepsAlive ? .statusLine : .over
        return response
    }

    /// Hexadecimal digits, and perhaps an extension, which says nothing here.
    private static func chunkSize(_ line: UnsafeRawBufferPointer) throws(PushStreamError) -> Int {
        var size = 0
        var digits = 0
        for byte in line {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else { break }
            digits += 1
            size = size << 4 | digit
            // 60 bits: far more than any limit, and no overflow.
            guard digits <= 15 else { throw .malformedAnswer }
        }
        let ends = digits == line.count || [UInt8(ascii: ";"), UInt8(ascii: " "), UInt8(ascii: "\t")].contains(line[digits])
        guard digits > 0, ends else { throw .malformedAnswer }
        return size
    }
}
