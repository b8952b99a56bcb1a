/// Reads what a WebSocket client sends. Bounded: a message longer than the limit ends the connection when its length is
/// announced, before anything of it is stored.
///
/// Unmasked frames are accepted, as the Nginx module accepts them.
public struct WebSocketReader: Sendable {
    public enum Event: Sendable, Equatable {
        /// A whole text message; empty if texts are not kept.
        case text([UInt8])
        case ping([UInt8])
        case pong
        case close
        /// The client broke the protocol: close with this code (RFC 6455, section 7.4.1).
        case failure(code: UInt16)
    }

    private struct Frame: Sendable {
        var opcode: WebSocketFrame.Opcode
        var isFinal: Bool
        var mask: [UInt8]
        var remaining: Int
        var maskOffset = 0
    }

    private let messageLimit: Int
    private let keepsText: Bool
    private var header: [UInt8] = []
    private var frame: Frame?
    /// Whether a text message is in the middle of its fragments.
    private var isFragmented = false
    private var message: [UInt8] = []
    private var messageLength = 0
    private var control: [UInt8] = []
    private var validator = UTF8Validator()
    private var isClosed = false

    /// - Parameters:
    ///   - messageLimit: bytes of a text message at most.
    ///   - keepsText: false if nobody wants the texts: they are checked and dropped.
    public init(messageLimit: Int, keepsText: Bool) {
        self.messageLimit = messageLimit
        self.keepsText = keepsText
    }

    /// Whether nothing is half read, so that the reader can be thrown away and made anew.
    public var isIdle: Bool { frame == nil && header.isEmpty && !isFragmented && !isClosed }

    /// - Returns: what the bytes complete, in order. After ``Event/close`` or ``Event/failure(code:)`` nothing more comes.
    public mutating func read(_ input: UnsafeRawBufferPointer) -> [Event] {
        var events: [Event] = []
        var position = 0
        while !isClosed {
            if frame == nil {
                guard position < input.count else { break }
                header.append(input[position])
                position += 1
                if let failure = parseHeader() { events.append(fail(failure)) }
            }
            guard !isClosed, var current = frame else { continue }
            let count = min(current.remaining, input.count - position)
            if let failure = take(UnsafeRawBufferPointer(rebasing: input[position..<(position + count)]), &current) {
                events.append(fail(failure))
                break
            }
            position += count
            frame = current
            guard current.remaining == 0 else { break }
            frame = nil
            if let event = finish(current) { events.append(event) }
        }
        return events
    }

    private mutating func fail(_ code: UInt16) -> Event {
        isClosed = true
        return .failure(code: code)
    }

    /// Looks whether ``header`` is complete and makes a frame of it.
    private mutating func parseHeader() -> UInt16? {
        guard header.count >= 2 else { return nil }
        let short = Int(header[1] & 0x7F)
        let lengthBytes = short == 126 ? 2 : short == 127 ? 8 : 0
        let isMasked = header[1] & 0x80 != 0
        if header.count == 2, let failure = checkStart(short) { return failure }
        guard header.count == 2 + lengthBytes + (isMasked ? 4 : 0) else { return nil }
        var length = UInt64(short)
        if lengthBytes > 0 { length = header[2..<(2 + lengthBytes)].reduce(0) { $0 << 8 | UInt64($1) } }
        guard let opcode = WebSocketFrame.Opcode(rawValue: header[0] & 0x0F) else { return 1002 }
        let isControl = opcode.rawValue >= 0x8
        if !isControl, length > UInt64(max(0, messageLimit - messageLength)) { return 1009 }
        frame = Frame(
            opcode: opcode, isFinal: header[0] & 0x80 != 0, mask: isMasked ? Array(header.suffix(4)) : [], remaining: Int(length))
        header.removeAll(keepingCapacity: true)
        return nil
    }

    /// Checks the first two bytes of a frame.
    private mutating func checkStart(_ short: Int) -> UInt16? {
        guard header[0] & 0x70 == 0, let opcode = WebSocketFrame.Opcode(rawValue: header[0] & 0x0F) else { return 1002 }
        switch opcode {
        case .continuation: return isFragmented ? nil : 1002
        case .text: return isFragmented ? 1002 : nil
        case .binary: return 1003
        case .close, .ping, .pong: return short > 125 || header[0] & 0x80 == 0 ? 1002 : nil
        }
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer, _ frame: inout Frame) -> UInt16? {
        if bytes.isEmpty { return nil }
        var payload = [UInt8](bytes)
        if !frame.mask.isEmpty {
            for index in payload.indices { payload[index] ^= frame.mask[(frame.maskOffset + index) & 3] }
            frame.maskOffset = (frame.maskOffset + payload.count) & 3
        }
        frame.remaining -= payload.count
        if frame.opcode.rawValue >= 0x8 {
            control += payload
            return nil
        }
        messageLength += payload.count
        guard validator.consume(payload) else { return 1007 }
        if keepsText { message += payload }
        return nil
    }

    private mutating func finish(_ frame: Frame) -> Event? {
        switch frame.opcode {
        case .text, .continuation:
            isFragmented = !frame.isFinal
            if isFragmented { return nil }
            guard validator.isComplete else { return fail(1007) }
            defer {
                message = []
                messageLength = 0
            }
            return .text(message)
        case .ping:
            defer { control = [] }
            return .ping(control)
        case .pong:
            control = []
            return .pong
        case .close:
            isClosed = true
            return .close
        case .binary: return fail(1003)
        }
    }
}
