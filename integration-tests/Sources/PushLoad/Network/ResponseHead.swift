/// The parts of an HTTP response's head that matter here.
struct ResponseHead {
    struct Status {
        let code: Int
        /// Such as `404 Not Found`.
        let line: String
    }

    let status: Status
    /// Bytes of the body; nil when it is chunked.
    let length: Int?
    /// Where the body begins.
    let end: Int

    /// - Returns: nil as long as the head is not whole.
    init?(_ bytes: some RandomAccessCollection<UInt8>) throws {
        guard let end = Self.end(of: bytes) else { return nil }
        let lines = String(decoding: bytes.prefix(end), as: UTF8.self).split(separator: "\r\n")
        guard let first = lines.first, first.hasPrefix("HTTP/1."), let blank = first.firstIndex(of: " "),
            let code = Int(first[first.index(after: blank)...].prefix(3))
        else { throw LoadFailure("this is no HTTP response: \"\(lines.first ?? "")\"") }
        self.status = Status(code: code, line: String(first[first.index(after: blank)...]))
        var length: Int? = code == 204 || code == 304 || code < 200 ? 0 : nil
        var isChunked = false
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            switch line[..<colon].lowercased() {
            case "content-length": length = Int(line[line.index(after: colon)...].drop { $0 == " " })
            case "transfer-encoding": isChunked = true
            default: break
            }
        }
        guard isChunked || length != nil else { throw LoadFailure("a response has neither a length nor chunks") }
        self.length = isChunked ? nil : length
        self.end = end
    }

    /// The status alone, for responses whose body does not end.
    /// - Returns: nil as long as the head is not whole.
    static func status(of bytes: [UInt8]) throws -> Status? {
        guard self.end(of: bytes) != nil else { return nil }
        let line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
        guard line.hasPrefix("HTTP/1."), let blank = line.firstIndex(of: " "), let code = Int(line.dropFirst(9).prefix(3)) else {
            throw LoadFailure("this is no HTTP response: \"\(line)\"")
        }
        return Status(code: code, line: String(line[line.index(after: blank)...]))
    }

    /// Where the body begins, counted from the first byte.
    private static func end(of bytes: some RandomAccessCollection<UInt8>) -> Int? {
        let sign: [UInt8] = [13, 10, 13, 10]
        var matched = 0
        for (offset, byte) in bytes.enumerated() {
            matched = byte == sign[matched] ? matched + 1 : (byte == 13 ? 1 : 0)
            if matched == 4 { return offset + 1 }
        }
        return nil
    }
}
