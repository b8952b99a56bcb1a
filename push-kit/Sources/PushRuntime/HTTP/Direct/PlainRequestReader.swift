/// Recognises plain requests in the bytes that a client sends, without making anything of what it need not know.
///
/// Plain is what nearly all clients send: one request line in visible ASCII, fields in visible ASCII, at most one `Content-Length`, nothing
/// that changes what follows. In doubt a request is not plain, and belongs to the general parser, which alone says what is right.
struct PlainRequestReader: Sendable {
    /// Bytes of a head at most, far below what the general parser takes.
    static let maximumHeadSize = 8 * 1024
    static let maximumFieldCount = 64

    struct Request {
        /// Bytes of head and body.
        var length: Int
        /// Where the body begins.
        var bodyStart: Int
        /// The fields that the route reads, under the names that it gives them, and in their order.
        var fields: [(name: String, value: String)] = []
        /// The first `X-Request-ID`, sane or not.
        var id: String?
    }

    enum Finding {
        /// A whole request of the route.
        case direct(Request)
        /// A plain request of another route, or with a body that is not all there or too long; the length is that of head and body.
        case plain(length: Int)
        /// Another request, or less than a head.
        case other
    }

    private enum Meaning {
        case contentLength
        case connection
        case requestID
        /// Changes how the message is framed, answered or what follows it.
        case special
        case read(String)
    }

    private struct Field {
        /// In lower case.
        let name: [UInt8]
        let hash: UInt32
        let meaning: Meaning

        init(_ name: String, _ meaning: Meaning) {
            self.name = name.utf8.map { $0 | 0x20 }
            self.hash = self.name.reduce(PlainRequestReader.emptyHash) { PlainRequestReader.hash($0, $1) }
            self.meaning = meaning
        }
    }

    private let requestLine: [UInt8]
    private let maximumBodySize: Int
    private let fields: [Field]

    /// - Parameter fieldNames: Of the fields that are to be read.
    init(method: String, path: String, maximumBodySize: Int, fieldNames: [String]) {
        requestLine = Array("\(method) \(path) HTTP/1.1\r\n".utf8)
        self.maximumBodySize = maximumBodySize
        fields =
            [Field("Content-Length", .contentLength), Field("Connection", .connection), Field("X-Request-ID", .requestID)]
            + ["Transfer-Encoding", "Expect", "Upgrade", "Proxy-Connection"].map { Field($0, .special) }
            + fieldNames.map { Field($0, .read($0)) }
    }

    func read(_ bytes: UnsafeRawBufferPointer) -> Finding {
        let head = UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.maximumHeadSize))
        let isDirect = head.starts(with: requestLine)
        guard let start = isDirect ? requestLine.count : Self.requestLineEnd(head) else { return .other }
        var request = Request(length: 0, bodyStart: start)
        var bodyLength: Int?
        for _ in 0...Self.maximumFieldCount {
            guard let line = Self.line(head, at: request.bodyStart) else { return .other }
            request.bodyStart = line.end
            guard !line.isEmpty else {
                request.length = request.bodyStart + (bodyLength ?? 0)
                guard isDirect, let bodyLength, bodyLength <= maximumBodySize, request.length <= bytes.count else {
                    return .plain(length: request.length)
                }
                return .direct(request)
            }
            guard let field = fields.first(where: { Self.has($0, line, head) }) else { continue }
            let value = UnsafeRawBufferPointer(rebasing: head[line.value])
            switch field.meaning {
            case .contentLength:
                guard bodyLength == nil, let length = Self.number(value) else { return .other }
                bodyLength = length
            case .connection:
                guard Self.equals(value, Self.keepAlive) else { return .other }
            case .special: return .other
            case .requestID: if request.id == nil { request.id = String(decoding: value, as: UTF8.self) }
            case .read(let name): request.fields.append((name, String(decoding: value, as: UTF8.self)))
            }
        }
        return .other
    }

    // MARK: Lines

    /// Where the line after a plain request line begins.
    private static func requestLineEnd(_ head: UnsafeRawBufferPointer) -> Int? {
        let version = Array(" HTTP/1.1\r\n".utf8)
        guard let space = head.firstIndex(of: 0x20), space > 0,
            head[..<space].allSatisfy({ (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }),
            !head[..<space].elementsEqual("CONNECT".utf8),
            let end = head[(space + 1)...].firstIndex(where: { !(0x21...0x7E).contains($0) }), end > space + 1,
            head[end...].starts(with: version)
        else { return nil }
        return end + version.count
    }

    private struct Line {
        var nameEnd = 0
        var nameStart = 0
        var hash = PlainRequestReader.emptyHash
        var value = 0..<0
        /// Where the next line begins.
        var end = 0
        /// The line that ends the head.
        var isEmpty = false
    }

    /// - Returns: `nil` for a line that is not whole, or not plain.
    private static func line(_ head: UnsafeRawBufferPointer, at start: Int) -> Line? {
        var line = Line()
        line.nameStart = start
        var position = start
        while position < head.count, isToken(head[position]) {
            line.hash = hash(line.hash, head[position] | 0x20)
            position += 1
        }
        line.nameEnd = position
        guard position < head.count else { return nil }
        if position == start {
            line.isEmpty = true
        } else {
            guard head[position] == UInt8(ascii: ":") else { return nil }
            position += 1
            while position < head.count, head[position] == 0x20 { position += 1 }
            let valueStart = position
            while position < head.count, (0x20...0x7E).contains(head[position]) { position += 1 }
            line.value = valueStart..<position
            guard position > valueStart, head[position - 1] != 0x20 else { return nil }
        }
        guard position + 1 < head.count, head[position] == 0x0D, head[position + 1] == 0x0A else { return nil }
        line.end = position + 2
        return line
    }

    private static func has(_ field: Field, _ line: Line, _ head: UnsafeRawBufferPointer) -> Bool {
        field.hash == line.hash && equals(UnsafeRawBufferPointer(rebasing: head[line.nameStart..<line.nameEnd]), field.name)
    }

    private static let keepAlive = Array("keep-alive".utf8)

    /// - Parameter text: Letters in lower case, and `-`.
    private static func equals(_ bytes: UnsafeRawBufferPointer, _ text: [UInt8]) -> Bool {
        guard bytes.count == text.count else { return false }
        for index in 0..<text.count where bytes[index] | 0x20 != text[index] { return false }
        return true
    }

    private static func number(_ digits: UnsafeRawBufferPointer) -> Int? {
        guard digits.count <= 9 else { return nil }
        var number = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            number = number * 10 + Int(digit & 0x0F)
        }
        return number
    }

    /// Letters, digits and `-`: what the names of all common fields are made of.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static let emptyHash: UInt32 = 2_166_136_261

    /// FNV-1a: it only spares comparisons of names.
    private static func hash(_ hash: UInt32, _ byte: UInt8) -> UInt32 {
        (hash ^ UInt32(byte)) &* 16_777_619
    }
}
