import FoundationEssentials

/// The Engine's JSON: names begin with an upper-case letter, in objects that are no dictionaries.
enum EngineCoding {
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .custom { path in Key(path.last!) { $0.uppercased() } }
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .custom { path in Key(path.last!) { $0.lowercased() } }
        return try decoder.decode(type, from: Data(bytes))
    }

    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int?

        init(_ key: any CodingKey, _ change: (String) -> String) {
            self.stringValue = change(String(key.stringValue.prefix(1))) + key.stringValue.dropFirst()
            self.intValue = key.intValue
        }

        init?(stringValue: String) {
            self.stringValue = stringValue
            self.intValue = nil
        }

        init?(intValue: Int) {
            self.stringValue = String(intValue)
            self.intValue = intValue
        }
    }
}
