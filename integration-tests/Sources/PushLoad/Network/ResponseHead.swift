import Glibc

/// The parts of an HTTP response's head that matter here. Read from the bytes without making strings, because a publisher reads
/// hundreds of thousands in a second.
struct ResponseHead {
    struct Status {
        let code: Int
        /// Such as `404 Not Found`.
        let line: String
    }

    let code: Int
    /// Bytes of the body; nil when it is chunked.
    let length: Int?
    /// Where the body begins.
    let end: Int

    /// - Returns: nil as long as the head is not whole.
    init?(_ bytes: UnsafeRawBufferPointer) throws {
        guard let end = Self.end(of: bytes) else { return nil }
        self.end = end
        self.code = try Self.code(of: bytes)
        var length: Int? = self.code == 204 || self.code == 304 || self.code < 200 ? 0 : nil
        var isChunked = false
        var position = 0
        // Of each line but the first the name is looked at.
        while let feed = bytes[position..<end].firstIndex(of: 10) {
            position = feed + 1
            if let value = Self.value(of: "content-length:", bytes, at: position) { length = Self.number(bytes[value..<end]) }
            if Self.value(of: "transfer-encoding:", bytes, at: position) != nil { isChunked = true }
        }
        guard isChunked || length != nil else { throw LoadFailure("a response has neither a length nor chunks") }
        self.length = isChunked ? nil : length
    }

    /// The status alone, for responses whose body does not end.
    /// - Returns: nil as long as the head is not whole.
    static func status(of bytes: [UInt8]) throws -> Status? {
        try bytes.withUnsafeBytes { bytes in
            guard self.end(of: bytes) != nil else { return nil }
            return Status(code: try self.code(of: bytes), line: self.statusLine(bytes))
        }
    }

    /// Status and reason, such as `404 Not Found`.
    static func statusLine(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes.prefix { $0 != UInt8(ascii: "\r") }.dropFirst(9), as: UTF8.self)
    }

    private static func code(of bytes: UnsafeRawBufferPointer) throws -> Int {
        let isHTTP = bytes.starts(with: "HTTP/1.".utf8) && bytes.count > 12 && bytes[8] == UInt8(ascii: " ")
        guard isHTTP, let code = self.number(bytes[9..<12]), code >= 100 else {
            let line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
            throw LoadFailure("this is no HTTP response: \"\(line)\"")
        }
        return code
    }

    /// Where the value of a field begins, if the line at a position is this field's.
    private static func value(of name: StaticString, _ bytes: UnsafeRawBufferPointer, at position: Int) -> Int? {
        let count = name.utf8CodeUnitCount
        guard position + count < bytes.count, let base = bytes.baseAddress,
            strncasecmp(base.assumingMemoryBound(to: CChar.self) + position, name.utf8Start, count) == 0
        else { return nil }
        return position + count
    }

    /// The first digits, blanks before them skipped.
    private static func number(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
        var number: Int?
        for byte in bytes.drop(while: { $0 == UInt8(ascii: " ") }) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { break }
            let (product, isTooLarge) = (number ?? 0).multipliedReportingOverflow(by: 10)
            if isTooLarge { return nil }
            number = product &+ Int(byte - UInt8(ascii: "0"))
        }
        return number
    }

    /// Where the body begins, counted from the first byte.
    private static func end(of bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        var position = 0
        while position + 4 <= bytes.count, let found = memchr(base + position, 13, bytes.count - position - 3) {
            position = UnsafeRawPointer(found) - base
            if bytes[position + 1] == 10, bytes[position + 2] == 13, bytes[position + 3] == 10 { return position + 4 }
            position += 1
        }
        return nil
    }
}
