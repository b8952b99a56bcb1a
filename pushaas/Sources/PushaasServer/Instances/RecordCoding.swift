import FoundationEssentials

/// JSON as it is stored in Redis: equal values give equal bytes, so that scripts can compare them.
enum RecordCoding {
    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    /// Milliseconds since 1970.
    static func now() -> Int { Int((Date().timeIntervalSince1970 * 1000).rounded()) }
}

/// What Redis holds under an instance's key is not what pushaas writes there.
public struct UnreadableRecord: Error, Sendable, Hashable, CustomStringConvertible {
    public let key: String
    /// The field that is missing or cannot be read.
    public let field: String

    public var description: String { "the field '\(self.field)' of '\(self.key)' in Redis is not readable" }
}
