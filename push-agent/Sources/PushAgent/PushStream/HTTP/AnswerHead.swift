import PushModels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What matters of an answer's status line and fields; read line by line, without making strings of the rest.
struct AnswerHead: Equatable, Sendable {
    /// Where the body ends (RFC 9112, 6.3).
    enum Framing: Equatable, Sendable {
        /// 1xx: the answer is still to come.
        case interim
        case length(Int)
        case chunked
        case untilEnd
    }

    private(set) var status = 0
    /// ``PushStreamHeaders/instance``.
    private(set) var instance: String?
    private var isVersion10 = false
    private var saysKeepAlive = false
    private var saysClose = false
    private var length: Int?
    private var isChunked = false

    /// Whether more answers may follow, as far as the head tells.
    var keepsAlive: Bool { !self.saysClose && (!self.isVersion10 || self.saysKeepAlive) }

    /// - Parameter line: without its end.
    mutating func readStatusLine(_ line: UnsafeRawBufferPointer) throws(PushStreamError) {
        // "HTTP/1.1 200", and a reason that says nothing here.
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard line.count >= 12, let start = line.baseAddress, memcmp(start, "HTTP/1.", 7) == 0, digits.contains(line[7]),
            line[8] == UInt8(ascii: " "), line[9...11].allSatisfy(digits.contains),
            line.count == 12 || line[12] == UInt8(ascii: " ")
        else { throw .malformedAnswer }
        self.isVersion10 = line[7] == UInt8(ascii: "0")
        self.status = line[9...11].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        // 101 would make another protocol of the connection, which nobody asked for.
        guard (100..<600).contains(self.status), self.status != 101 else { throw .malformedAnswer }
    }

    /// - Parameter line: without its end; not empty.
    mutating func readField(_ line: UnsafeRawBufferPointer) throws(PushStreamError) {
        guard let start = line.baseAddress, let colon = memchr(start, Int32(UInt8(ascii: ":")), line.count) else {
            throw .malformedAnswer
        }
        let length = UnsafeRawPointer(colon) - start
        // A line that goes on with the one before it, and a name that another reader might take for one of those below.
        guard length > 0, !Self.isSpace(line[0]), !Self.isSpace(line[length - 1]) else { throw .malformedAnswer }
        let name = UnsafeRawBufferPointer(start: start, count: length)
        // Most fields are told from these by their length alone.
        switch length {
        case 10 where Self.isEqual(name, "connection"): self.readConnection(Self.value(line, after: length))
        case 14 where Self.isEqual(name, "content-length"): try self.readLength(Self.value(line, after: length))
        case 17 where Self.isEqual(name, "transfer-encoding"):
            guard !self.isChunked, Self.isEqual(Self.value(line, after: length), "chunked") else { throw .malformedAnswer }
            self.isChunked = true
        case PushStreamHeaders.instance.utf8.count where Self.isEqual(name, "x-pushservice-instance"):
            self.instance = String(decoding: Self.value(line, after: length), as: UTF8.self)
        default: break
        }
    }

    /// Where the body ends, once the head is complete.
    var framing: Framing {
        get throws(PushStreamError) {
            if self.status < 200 { return .interim }
            // Two ends of one body, or chunks where there are none: whoever stands between might see another end.
            if self.isChunked, self.length != nil || self.isVersion10 { throw .malformedAnswer }
            if self.status == 204 || self.status == 304 { return .length(0) }
            if self.isChunked { return .chunked }
            return self.length.map(Framing.length) ?? .untilEnd
        }
    }

    private mutating func readLength(_ value: UnsafeRawBufferPointer) throws(PushStreamError) {
        var number = 0
        // 18 digits do not overflow.
        guard (1...18).contains(value.count) else { throw .malformedAnswer }
        for byte in value {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { throw .malformedAnswer }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        guard self.length == nil || self.length == number else { throw .malformedAnswer }
        self.length = number
    }

    private mutating func readConnection(_ value: UnsafeRawBufferPointer) {
        for option in value.split(separator: UInt8(ascii: ",")) {
            let option = Self.trimmed(UnsafeRawBufferPointer(rebasing: option))
            if Self.isEqual(option, "close") { self.saysClose = true }
            if Self.isEqual(option, "keep-alive") { self.saysKeepAlive = true }
        }
    }

    // MARK: Bytes

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static func value(_ line: UnsafeRawBufferPointer, after colon: Int) -> UnsafeRawBufferPointer {
        self.trimmed(UnsafeRawBufferPointer(rebasing: line[(colon + 1)...]))
    }

    private static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var (start, end) = (0, bytes.count)
        while start < end, self.isSpace(bytes[start]) { start += 1 }
        while start < end, self.isSpace(bytes[end - 1]) { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }

    /// - Parameter text: in lower case.
    private static func isEqual(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount, let start = bytes.baseAddress else { return false }
        return strncasecmp(start.assumingMemoryBound(to: CChar.self), UnsafePointer(OpaquePointer(text.utf8Start)), bytes.count)
            == 0
    }
}
