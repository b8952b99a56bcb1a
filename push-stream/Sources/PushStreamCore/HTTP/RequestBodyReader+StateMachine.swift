/// Reads the body of a request, by length or in chunks, into memory up to a limit; or skips it.
public struct RequestBodyReader: Sendable {
    public enum Outcome: Sendable, Equatable {
        case needsMore
        case complete
        case failure(HTTPFailure)
    }

    private enum State: Sendable {
        case fixed(remaining: Int)
        case chunkSize(digits: Int, value: Int, isExtension: Bool)
        case chunkData(remaining: Int)
        /// CR LF after the data of a chunk.
        case chunkEnd(seenCR: Bool)
        case trailer(lineLength: Int)
        case complete
    }

    /// Bytes of chunk extensions, and of trailers, at most.
    private static let overheadLimit = 4096

    /// The bytes so far.
    public private(set) var body: [UInt8] = []
    private var state: State
    private let limit: Int
    private let keeps: Bool
    private var received = 0
    private var overhead = 0

    /// - Parameters:
    ///   - limit: bytes of the body at most; 0 is without limit (Nginx's meaning of `client_max_body_size 0`).
    ///   - keeps: whether the bytes are collected in ``body``.
    public init(_ length: BodyLength, limit: Int, keeps: Bool = true) {
        self.limit = limit == 0 ? .max : limit
        self.keeps = keeps
        switch length {
        case .none: state = .complete
        case .bytes(let count): state = .fixed(remaining: count)
        case .chunked: state = .chunkSize(digits: 0, value: 0, isExtension: false)
        }
    }

    public mutating func read(_ input: UnsafeRawBufferPointer) -> (consumed: Int, outcome: Outcome) {
        var position = 0
        while true {
            if case .complete = state { return (position, .complete) }
            guard position < input.count else { return (position, .needsMore) }
            switch state {
            case .complete: break
            case .fixed(let remaining):
                if remaining > limit { return (position, .failure(.bodyTooLarge)) }
                let count = min(remaining, input.count - position)
                take(input, position, count)
                position += count
                state = count == remaining ? .complete : .fixed(remaining: remaining - count)
            case .chunkData(let remaining):
                let count = min(remaining, input.count - position)
                take(input, position, count)
                position += count
                state = count == remaining ? .chunkEnd(seenCR: false) : .chunkData(remaining: remaining - count)
            default:
                let byte = input[position]
                position += 1
                if let failure = step(byte) { return (position, .failure(failure)) }
            }
        }
    }

    /// Takes one byte of the framing around chunks.
    private mutating func step(_ byte: UInt8) -> HTTPFailure? {
        switch state {
        case .chunkSize(let digits, let value, let isExtension):
            return chunkSize(byte, digits: digits, value: value, isExtension: isExtension)
        case .chunkEnd(let seenCR):
            if byte == UInt8(ascii: "\r"), !seenCR {
                state = .chunkEnd(seenCR: true)
            } else if byte == UInt8(ascii: "\n") {
                state = .chunkSize(digits: 0, value: 0, isExtension: false)
            } else {
                return .badRequest
            }
        case .trailer(let lineLength):
            overhead += 1
            if overhead > Self.overheadLimit { return .badRequest }
            if byte == UInt8(ascii: "\n") {
                state = lineLength == 0 ? .complete : .trailer(lineLength: 0)
            } else if byte != UInt8(ascii: "\r") {
                state = .trailer(lineLength: lineLength + 1)
            }
        case .fixed, .chunkData, .complete: break
        }
        return nil
    }

    private mutating func chunkSize(_ byte: UInt8, digits: Int, value: Int, isExtension: Bool) -> HTTPFailure? {
        if byte == UInt8(ascii: "\n") {
            if digits == 0 { return .badRequest }
            let (total, overflow) = received.addingReportingOverflow(value)
            if overflow || total > limit { return .bodyTooLarge }
            received = total
            state = value == 0 ? .trailer(lineLength: 0) : .chunkData(remaining: value)
        } else if !isExtension, let digit = PercentDecoding.hexValue(byte) {
            // 15 hexadecimal digits cannot overflow, and no body is that long.
            if digits >= 15 { return .bodyTooLarge }
            state = .chunkSize(digits: digits + 1, value: value << 4 | Int(digit), isExtension: false)
        } else if byte == UInt8(ascii: "\r") || byte == UInt8(ascii: ";") || byte == 0x20 || byte == 0x09 || isExtension {
            overhead += 1
            if overhead > Self.overheadLimit { return .badRequest }
            state = .chunkSize(digits: digits, value: value, isExtension: true)
        } else {
            return .badRequest
        }
        return nil
    }

    private mutating func take(_ input: UnsafeRawBufferPointer, _ position: Int, _ count: Int) {
        if keeps { body.append(contentsOf: input[position..<(position + count)]) }
    }

    /// Whether the announced length is known to exceed the limit, so that nothing needs to be read.
    public var isTooLarge: Bool {
        if case .fixed(let remaining) = state { remaining > limit } else { false }
    }
}
