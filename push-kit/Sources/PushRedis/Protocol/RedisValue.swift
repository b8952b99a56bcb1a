/// A RESP2 reply.
public enum RedisValue: Sendable, Hashable {
    case null
    case integer(Int)
    /// A bulk string: any bytes.
    case string([UInt8])
    /// A simple string, such as `OK`.
    case status(String)
    /// An error reply. A single command throws it instead; it stands here in the replies of a pipeline or a transaction.
    case error(RedisError)
    case array([RedisValue])
}

extension RedisValue {
    public var isNull: Bool { self == .null }

    /// The bytes of a bulk string or a status.
    public var bytes: [UInt8]? {
        switch self {
        case .string(let bytes): bytes
        case .status(let text): Array(text.utf8)
        default: nil
        }
    }

    /// A bulk string or a status as UTF-8 (ill-formed sequences are replaced), or an integer in decimal.
    public var string: String? {
        switch self {
        case .string(let bytes): String(decoding: bytes, as: UTF8.self)
        case .status(let text): text
        case .integer(let value): String(value)
        default: nil
        }
    }

    /// An integer, or a bulk string that holds one in decimal.
    public var int: Int? {
        switch self {
        case .integer(let value): value
        case .string(let bytes): Int(String(decoding: bytes, as: UTF8.self))
        default: nil
        }
    }

    /// A bulk string that holds a number, or an integer.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .string(let bytes): Double(String(decoding: bytes, as: UTF8.self))
        default: nil
        }
    }

    public var array: [RedisValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    public var error: RedisError? {
        if case .error(let error) = self { error } else { nil }
    }

    /// The kind, for messages: never the content.
    var kind: String {
        switch self {
        case .null: "null"
        case .integer: "an integer"
        case .string: "a string"
        case .status: "a status"
        case .error: "an error"
        case .array: "an array"
        }
    }
}

extension RedisValue {
    /// Reads the reply as `T`, or reports that the server answered something else.
    ///
    /// The command has been executed at this point, which the error says.
    func decode<T>(_ expected: StaticString, _ read: (RedisValue) -> T?) throws(RedisError) -> T {
        if case .error(let error) = self { throw error }
        guard let value = read(self) else {
            throw RedisError(code: .protocolViolation, message: "expected \(expected), got \(kind)", mayHaveExecuted: true)
        }
        return value
    }
}
