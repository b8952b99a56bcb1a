/// `push_stream_message_template`, compiled. Tokens are matched without regard to case, as the Nginx module does.
public struct MessageTemplate: Sendable, Hashable {
    enum Token: String, Hashable, Sendable, CaseIterable {
        case id = "~id~"
        case eventID = "~event-id~"
        case eventType = "~event-type~"
        case channel = "~channel~"
        case text = "~text~"
        case tag = "~tag~"
        case time = "~time~"
        case size = "~size~"
    }

    enum Part: Hashable, Sendable {
        case literal([UInt8])
        case token(Token)
        /// A `~channel~` directly between double quotes. The module copies the id as it is; we escape it for JSON, so that an
        /// id with a quote in it cannot forge fields of the object.
        case quotedChannel
    }

    /// The template as written.
    public let source: String
    let parts: [Part]

    /// The template's default value.
    public static let textOnly = MessageTemplate("~text~")

    public init(_ text: String) {
        source = text
        let bytes = Array(text.utf8)
        var parts: [Part] = []
        var literal: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "~"), let token = Self.token(in: bytes, at: index) else {
                literal.append(bytes[index])
                index += 1
                continue
            }
            let end = index + token.rawValue.utf8.count
            let isQuoted = literal.last == UInt8(ascii: "\"") && end < bytes.count && bytes[end] == UInt8(ascii: "\"")
            if !literal.isEmpty { parts.append(.literal(literal)) }
            literal = []
            parts.append(token == .channel && isQuoted ? .quotedChannel : .token(token))
            index = end
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        self.parts = parts
    }

    private static func token(in bytes: [UInt8], at index: Int) -> Token? {
        Token.allCases.first { token in
            let name = token.rawValue.utf8
            guard bytes.count - index >= name.count else { return false }
            return zip(bytes[index...], name).allSatisfy { lowercased($0) == $1 }
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }

    /// Appends the message in this template's form. `text` stands for `~text~` and `~size~`.
    func render(_ message: Message, text: ArraySlice<UInt8>, into output: inout [UInt8]) {
        for part in parts {
            switch part {
            case .literal(let bytes): output += bytes
            case .quotedChannel: JSONEscaping.append(message.channel, to: &output)
            case .token(let token):
                switch token {
                case .id: output += String(message.id).utf8
                case .eventID: output += message.eventID ?? []
                case .eventType: output += message.eventType ?? []
                case .channel: output += message.channel
                case .text: output += text
                case .tag: output += String(message.tag).utf8
                case .time: output += HTTPDate.format(message.time).utf8
                case .size: output += String(text.count).utf8
                }
            }
        }
    }

    /// The message in this template's form, without framing.
    public func render(_ message: Message) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(message.text.count + 256)
        render(message, text: message.text[...], into: &output)
        return output
    }
}
