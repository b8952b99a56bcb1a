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
            let end = rest.firstIndex(of: UInt8(ascii: "\n"))
            let count = end.map { $0 + 1 } ?? rest.count
            // As Nginx does: whoever speaks TLS, or no HTTP at all, need not wait until the time for a head is over.
            if head == nil, line.isEmpty, rest[0] != 0x0D, rest[0] != 0x0A, !Self.isMethodByte(rest[0]) {
                length += 1
                return (position + 1, .failure(.badRequest))
            }
            // Empty lines before a request are skipped (RFC 9112, section 2.2) and still count against the limit. Of two limits the one
            // that is reached first decides, however the bytes were cut.
            let lineRoom = limits.lineLimit - line.count
            let headRoom = limits.headLimit - length
            length += count
            if count > min(lineRoom, headRoom) {
                return (position + count, .failure(head == nil && lineRoom <= headRoom ? .uriTooLong : .headerTooLarge))
            }
            line.append(contentsOf: rest[..<count])
            position += count
            if end == nil { break }
            do throws(HTTPFailure) {
                if let complete = try finishLine() { return (position, .head(complete)) }
            } catch {
                return (position, .failure(error))
            }
        }
        return (position, .needsMore)
    }

    /// - Returns: the head, if this was the empty line at its end.
    private mutating func finishLine() throws(HTTPFailure) -> RequestHead? {
        line.removeLast()
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        defer { line.removeAll(keepingCapacity: true) }
        guard head != nil else {
            if !line.isEmpty { head = try requestLine() }
            return nil
        }
        if line.isEmpty { return try complete() }
        guard head!.fields.count < limits.maxFields else { throw .headerTooLarge }
        if let field = try field() { head!.fields.append(field) }
        return nil
    }

    private static func isMethodByte(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    private mutating func requestLine() throws(HTTPFailure) -> RequestHead {
        let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty,
            parts[0].allSatisfy(Self.isMethodByte),
            parts[1].allSatisfy({ $0 > 0x20 && $0 != 0x7F }), UTF8Validator.isValid(parts[1])
        else { throw .badRequest }
        let minorVersion: Int
        switch String(decoding: parts[2], as: UTF8.self) {
        case "HTTP/1.1": minorVersion = 1
        case "HTTP/1.0": minorVersion = 0
        // An HTTP of later days, not nonsense.
        case let version where version.wholeMatch(of: /HTTP\/[2-9][0-9]?\.[0-9]+/) != nil: throw .versionNotSupported
        default: throw .badRequest
        }
        let target = try RequestTarget.parse(Array(parts[1]))
        targetHost = target.host
        return RequestHead(
            method: HTTPMethod(String(decoding: parts[0], as: UTF8.self)), target: String(decoding: parts[1], as: UTF8.self),
            path: target.path, query: target.query, minorVersion: minorVersion, fields: [], length: 0)
    }

    /// - Returns: `nil` for a name that is not a token but harmless, which Nginx ignores too.
    private func field() throws(HTTPFailure) -> RequestHead.Field? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { throw .badRequest }
        var isToken = true
        for byte in line[..<colon] {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"): continue
            case 0...0x20, 0x7F: throw .badRequest
            default: isToken = false
            }
        }
        var value = line[(colon + 1)...]
        while let first = value.first, first == 0x20 || first == 0x09 { value.removeFirst() }
        while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
        guard value.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }) else { throw .badRequest }
        guard isToken else { return nil }
        return RequestHead.Field(name: String(decoding: line[..<colon], as: UTF8.self).lowercased(), value: Array(value))
    }

    private func complete() throws(HTTPFailure) -> RequestHead {
        guard var head else { throw .badRequest }
        head.length = length
        let hosts = head.fields.filter { $0.name == "host" }
        guard hosts.count <= 1, head.minorVersion == 0 || !hosts.isEmpty else { throw .badRequest }
        if let targetHost {
            head.fields.removeAll { $0.name == "host" }
            head.fields.append(.init(name: "host", value: Array(targetHost.utf8)))
        }
        let lengths = head.fields.filter { $0.name == "content-length" }
        let codings = head.fields.filter { $0.name == "transfer-encoding" }
        if !codings.isEmpty {
            // Anything ambiguous about where the body ends is how requests are smuggled.
            guard lengths.isEmpty, codings.count == 1, head.minorVersion == 1 else { throw .badRequest }
            guard String(decoding: codings[0].value, as: UTF8.self).lowercased() == "chunked" else { throw .notImplemented }
            head.body = .chunked
        } else if !lengths.isEmpty {
            guard lengths.count == 1, let count = DecimalParsing.parse(lengths[0].value) else { throw .badRequest }
            head.body = count == 0 ? .none : .bytes(count)
        }
        return head
    }
}
