/// Turns what a server sends into lines: heads, bodies, chunks and frames, with their boundaries. Forgives nothing: what it cannot read
/// it shows as it came.
struct Transcript {
    private enum Phase {
        case head
        case length(Int)
        case chunked
        case untilClose
        case frames
        /// Not HTTP any more.
        case raw
    }

    private(set) var lines: [String] = []
    /// Whole responses, heads and frames so far.
    private(set) var responses = 0
    private(set) var heads = 0
    private(set) var frames = 0
    /// All of bodies and frames so far.
    private(set) var content: [UInt8] = []
    private(set) var hasEnded = false
    /// `Last-Modified` and `Etag` of the last head that had one.
    private(set) var lastModified: String?
    private(set) var etag: String?
    private(set) var announcesClose = false
    private var methods: [String] = []
    private var buffer: [UInt8] = []
    private var body: [UInt8] = []
    private var phase = Phase.head

    /// Whether the connection waits for its next request.
    var isIdle: Bool {
        if case .head = phase { methods.isEmpty && buffer.isEmpty && !hasEnded } else { false }
    }

    mutating func expect(_ method: String) { methods.append(method) }

    mutating func note(_ line: String) { lines.append(line) }

    /// Replaces the lines from there on.
    mutating func cut(to count: Int, _ line: String) {
        lines.removeSubrange(count...)
        lines.append(line)
    }

    mutating func feed(_ bytes: [UInt8]) {
        buffer += bytes
        while step() {}
    }

    /// The server has closed the connection.
    mutating func finish() {
        guard !hasEnded else { return }
        hasEnded = true
        if case .untilClose = phase {
            lines.append("body " + Self.quote(body))
            responses += 1
        } else if case .head = phase, buffer.isEmpty {
        } else {
            lines.append("cut off " + Self.quote(buffer))
        }
        lines.append("closed")
    }

    // MARK: HTTP

    private mutating func step() -> Bool {
        switch phase {
        case .head: return head()
        case .length(let count): return fixed(count)
        case .chunked: return chunk()
        case .untilClose:
            body += buffer
            content += buffer
            buffer = []
            return false
        case .frames: return frame()
        case .raw:
            content += buffer
            if !buffer.isEmpty { lines.append("raw " + Self.quote(buffer)) }
            buffer = []
            return false
        }
    }

    private mutating func head() -> Bool {
        guard let end = Self.find("\r\n\r\n", in: buffer) else { return false }
        let text = String(decoding: buffer[..<end], as: UTF8.self)
        guard text.hasPrefix("HTTP/1.") else {
            phase = .raw
            return true
        }
        buffer.removeFirst(end + 4)
        let headLines = text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
        lines += headLines
        if headLines[0].contains(" 100 ") { return true }
        heads += 1
        func field(_ name: String) -> String? {
            headLines.dropFirst().first { $0.lowercased().hasPrefix("\(name):") }
                .map { $0.dropFirst(name.count + 1).drop { $0 == " " } }.map(String.init)
        }
        lastModified = field("last-modified") ?? lastModified
        etag = field("etag") ?? etag
        announcesClose = field("connection")?.lowercased() == "close"
        let status = headLines[0].split(separator: " ").dropFirst().first.map(String.init) ?? ""
        let method = methods.isEmpty ? "GET" : methods.removeFirst()
        if status == "101" {
            phase = .frames
        } else if method == "HEAD" || status == "204" || status == "304" {
            finishResponse()
        } else if field("transfer-encoding")?.lowercased() == "chunked" {
            phase = .chunked
        } else if let count = field("content-length").flatMap(Int.init) {
            phase = .length(count)
        } else {
            phase = .untilClose
        }
        return true
    }

    private mutating func finishResponse() {
        responses += 1
        phase = .head
        body = []
    }

    private mutating func fixed(_ count: Int) -> Bool {
        guard buffer.count >= count else { return false }
        content += buffer[..<count]
        if count > 0 { lines.append("body " + Self.quote(Array(buffer[..<count]))) }
        buffer.removeFirst(count)
        finishResponse()
        return true
    }

    private mutating func chunk() -> Bool {
        guard let end = Self.find("\r\n", in: buffer) else { return false }
        guard let size = Int(String(decoding: buffer[..<end], as: UTF8.self), radix: 16) else {
            phase = .raw
            return true
        }
        guard buffer.count >= end + 4 + size else { return false }
        let data = Array(buffer[(end + 2)..<(end + 2 + size)])
        buffer.removeFirst(end + 4 + size)
        content += data
        lines.append(size == 0 ? "last chunk" : "chunk " + Self.quote(data))
        if size == 0 { finishResponse() }
        return true
    }

    // MARK: WebSocket

    private mutating func frame() -> Bool {
        guard buffer.count >= 2 else { return false }
        let short = Int(buffer[1] & 0x7F)
        let extra = short == 126 ? 2 : short == 127 ? 8 : 0
        let maskBytes = buffer[1] & 0x80 == 0 ? 0 : 4
        guard buffer.count >= 2 + extra + maskBytes else { return false }
        let count = extra == 0 ? short : buffer[2..<(2 + extra)].reduce(0) { $0 << 8 | Int($1) }
        let start = 2 + extra + maskBytes
        guard buffer.count >= start + count else { return false }
        let payload = Array(buffer[start..<(start + count)])
        let shown =
            buffer[0] & 0x0F == 0x8 && count >= 2
            ? "\(Int(payload[0]) << 8 | Int(payload[1])) " + Self.quote(Array(payload.dropFirst(2))) : Self.quote(payload)
        lines.append(
            "frame \(String(buffer[0], radix: 16)) length coded in \(extra == 0 ? 1 : extra) \(maskBytes > 0 ? "masked " : "")\(shown)"
        )
        buffer.removeFirst(start + count)
        content += payload
        frames += 1
        return true
    }

    // MARK: Text

    private static func find(_ text: String, in bytes: [UInt8]) -> Int? {
        let pattern = Array(text.utf8)
        guard bytes.count >= pattern.count else { return nil }
        return (0...(bytes.count - pattern.count)).first { bytes[$0] == pattern[0] && bytes[$0...].starts(with: pattern) }
    }

    /// Printable, whatever the bytes are.
    static func quote(_ bytes: [UInt8]) -> String {
        var text = "\""
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\r"): text += "\\r"
            case UInt8(ascii: "\n"): text += "\\n"
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += "\\" + String(UnicodeScalar(byte))
            case 0x20..<0x7F: text.unicodeScalars.append(UnicodeScalar(byte))
            default:
                let hex = String(byte, radix: 16)
                text += "\\x" + (hex.count == 1 ? "0" : "") + hex
            }
        }
        return text + "\""
    }
}
