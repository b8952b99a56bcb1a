extension Decoder {
    /// - Throws: `DecodingError` if the object has fields of other names.
    func refuseUnknownFields<Keys: CodingKey & CaseIterable>(_ known: Keys.Type) throws {
        let names = known.allCases.map(\.stringValue)
        for key in try self.container(keyedBy: AnyCodingKey.self).allKeys where !names.contains(key.stringValue) {
            // Shortened: it is the client's, and of any length.
            let name = AnyCodingKey(stringValue: String(key.stringValue.prefix(50)))
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: self.codingPath + [name],
                    debugDescription: "There is no such field; there are \(names.joined(separator: ", "))"))
        }
    }
}

extension KeyedDecodingContainer {
    /// An integer; what the decoder throws inside for a number that is none or too large is not public.
    func decodeInteger(forKey key: Key) throws -> Int {
        do {
            return try self.decode(Int.self, forKey: key)
        } catch  where !(error is DecodingError) {
            throw DecodingError.typeMismatch(
                Int.self, .init(codingPath: self.codingPath + [key], debugDescription: "not an integer of 64 bits"))
        }
    }

    /// The same; `nil` for an absent field and for `null`.
    func decodeIntegerIfPresent(forKey key: Key) throws -> Int? {
        guard self.contains(key), try !self.decodeNil(forKey: key) else { return nil }
        return try self.decodeInteger(forKey: key)
    }
}

private struct AnyCodingKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
