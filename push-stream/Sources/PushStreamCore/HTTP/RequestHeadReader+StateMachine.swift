/// Reads the head of an HTTP/1 request from bytes that arrive in any pieces. Strict, and bounded as Nginx bounds it.
public struct RequestHeadReader: Sendable {
    public struct Limits: Sendable {
        /// `client_header_buffer_size`, in bytes.
        public var initialBuffer: Int
        /// `large_client_header_buffers`.
        public var bufferCount: Int
        public var bufferSize: Int
        /// Header fields of one request at most.
        public var maxFields: Int

        public init(initialBuffer: Int = 1024, bufferCount: Int = 4, bufferSize: Int = 8192, maxFields: Int = 1000) {
            self.initialBuffer = initialBuffer
            self.bufferCount = bufferCount
            self.bufferSize = bufferSize
            self.maxFields = maxFields
        }

        /// No line may be longer.
        var lineLimit: Int { max(initialBuffer, bufferSize) }
        /// No head may be longer.
        var headLimit: Int { initialBuffer + bufferCount.multipliedReportingOverflow(by: bufferSize).partialValue }
    }

    public enum Outcome: Sendable {
        case needsMore
        case head(RequestHead)
        case failure(HTTPFailure)
    }

    private let limits: Limits
    /// The beginning of a line whose end has not come yet.
    private var line: [UInt8] = []
    private var length = 0
    private var head: RequestHead?
    /// Host of an absolute target, which replaces the `Host` field.
    private var targetHost: String?

    public init(limits: Limits) {
        self.limits = limits
    }

    /// Whether anything of a request has come.
    public var hasStarted: Bool { length > 0 }

    /// Consumes bytes up to the end of the head. After ``Outcome/head(_:)`` or ``Outcome/failure(_:)`` the reader is spent.
    ///
    /// - Returns: how many bytes were taken, and what came of it.
    public mutating func read(_ input: UnsafeRawBufferPointer) -> (consumed: Int, outcome: Outcome) {
        var position = 0
        while position < input.count {
            let rest = UnsafeRawBufferPointer(rebasing: input[position...])
            // As Nginx does: whoever speaks TLS, or no HTTP at all, need not wait until the time for a head is over.
            if head == nil, line.isEmpty, rest[0] != 0x0D, rest[0] != 0x0A, !Self.isMethodByte(rest[0]) {
                length += 1
                return (position + 1, .failure(.badRequest))
            }
            let end = rest.firstIndex(of: UInt8(ascii: "\n"))
            let count = end.map { $0 + 1 } ?? rest.count
            // Empty lines before a request are skipped (RFC 9112, section 2.2) and still count against the limit. Of two limits the one
            // that is reached first decides, however the bytes were cut.
            let lineRoom = limits.lineLimit - line.count
            let headRoom = limits.headLimit - length
            length += count
            if count > min(lineRoom, headRoom) {
                return (position + count, .failure(head == nil && lineRoom <= headRoom ? .uriTooLong : .headerTooLarge))
            }
            position += count
            guard let end else {
                line.append(contentsOf: rest)
                break
            }
            do throws(HTTPFailure) {
                if let complete = try finishLine(UnsafeRawBufferPointer(rebasing: rest[..<end])) {
                    return (position, .head(complete))
                }
            } catch {
                return (position, .failure(error))
            }
        }
        return (position, .needsMore)
    }

    /// - Parameter end: what has come of the line with its end; it stays where it is unless the line began in an earlier piece.
    /// - Returns: the head, if this was the empty line at its end.
    private mutating func finishLine(_ end: UnsafeRawBufferPointer) throws(HTTPFailure) -> RequestHead? {
        if line.isEmpty { return try take(end) }
        var whole: [UInt8] = []
        swap(&whole, &line)
        whole.append(contentsOf: end)
        let outcome = whole.withUnsafeBytes { bytes in Result { () throws(HTTPFailure) in try take(bytes) } }
        return try outcome.get()
    }

    private mutating func take(_ line: UnsafeRawBufferPointer) throws(HTTPFailure) -> RequestHead? {
        let line = line.last == UInt8(ascii: "\r") ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line
        guard head != nil else {
            if !line.isEmpty { head = try requestLine(line) }
            return nil
        }
        if line.isEmpty { return try complete() }
        guard head!.store.count < limits.maxFields else { throw .headerTooLarge }
        try addField(line)
        return nil
    }

    private static func isMethodByte(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    private mutating func requestLine(_ line: UnsafeRawBufferPointer) throws(HTTPFailure) -> RequestHead {
        guard let first = line.firstIndex(of: UInt8(ascii: " ")), first > 0, let last = line.lastIndex(of: UInt8(ascii: " "))
        else {
            throw .badRequest
        }
        guard first < last else { throw .badRequest }
        let method = UnsafeRawBufferPointer(rebasing: line[..<first])
        let target = UnsafeRawBufferPointer(rebasing: line[(first + 1)..<last])
        var isASCII = true
        for byte in target {
            // A blank would be a fourth part of the line.
            if byte <= 0x20 || byte == 0x7F { throw .badRequest }
            if byte >= 0x80 { isASCII = false }
        }
        guard method.allSatisfy(Self.isMethodByte), isASCII || UTF8Validator.isValid(target) else { throw .badRequest }
        let minorVersion = try Self.minorVersion(line[(last + 1)...])
        let parts = try RequestTarget.parse(target)
        targetHost = parts.host
        return RequestHead(
            method: HTTPMethod(method), target: String(decoding: target, as: UTF8.self), path: parts.path, query: parts.query,
            minorVersion: minorVersion)
    }

    private static func minorVersion(_ bytes: Slice<UnsafeRawBufferPointer>) throws(HTTPFailure) -> Int {
        if bytes.elementsEqual("HTTP/1.1".utf8) { return 1 }
        if bytes.elementsEqual("HTTP/1.0".utf8) { return 0 }
        // An HTTP of later days, not nonsense.
        if String(decoding: bytes, as: UTF8.self).wholeMatch(of: /HTTP\/[2-9][0-9]?\.[0-9]+/) != nil {
            throw .versionNotSupported
        }
        throw .badRequest
    }

    /// A name that is not a token but harmless is ignored, as Nginx does.
    private mutating func addField(_ line: UnsafeRawBufferPointer) throws(HTTPFailure) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { throw .badRequest }
        var isToken = true
        for byte in line[..<colon] {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"): continue
            case 0...0x20, 0x7F: throw .badRequest
            default: isToken = false
            }
        }
        var start = colon + 1
        var end = line.count
        while start < end, line[start] == 0x20 || line[start] == 0x09 { start += 1 }
        while end > start, line[end - 1] == 0x20 || line[end - 1] == 0x09 { end -= 1 }
        let value = UnsafeRawBufferPointer(rebasing: line[start..<end])
        guard value.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }) else { throw .badRequest }
        if isToken { head!.store.append(name: UnsafeRawBufferPointer(rebasing: line[..<colon]), value: value) }
    }

    private mutating func complete() throws(HTTPFailure) -> RequestHead {
        guard var head else { throw .badRequest }
        // The fields are changed in place.
        self.head = nil
        head.length = length
        var hosts = 0
        var lengths: [Int] = []
        var codings: [Int] = []
        for index in 0..<head.store.count {
            let name = head.store.name(at: index)
            switch name.count {
            case 4: if name.elementsEqual("host".utf8) { hosts += 1 }
            case 14: if name.elementsEqual("content-length".utf8) { lengths.append(index) }
            case 17: if name.elementsEqual("transfer-encoding".utf8) { codings.append(index) }
            default: break
            }
        }
        guard hosts <= 1, head.minorVersion == 0 || hosts == 1 else { throw .badRequest }
        if let coding = codings.first {
            // Anything ambiguous about where the body ends is how requests are smuggled.
            guard lengths.isEmpty, codings.count == 1, head.minorVersion == 1 else { throw .badRequest }
            guard head.store.value(at: coding).equalsASCII("chunked".utf8) else { throw .notImplemented }
            head.body = .chunked
        } else if let place = lengths.first {
            guard lengths.count == 1, let count = DecimalParsing.parse(head.store.value(at: place)) else { throw .badRequest }
            head.body = count == 0 ? .none : .bytes(count)
        }
        if let targetHost { head.store.replaceHost(by: targetHost) }
        return head
    }
}
