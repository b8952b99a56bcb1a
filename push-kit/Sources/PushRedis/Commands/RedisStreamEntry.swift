/// An entry of a Redis stream.
public struct RedisStreamEntry: Sendable, Hashable {
    public struct Field: Sendable, Hashable {
        public var name: String
        public var value: [UInt8]

        public init(name: String, value: [UInt8]) {
            self.name = name
            self.value = value
        }

        /// The value as UTF-8; ill-formed sequences are replaced.
        public var string: String { String(decoding: value, as: UTF8.self) }
    }

    /// Milliseconds and a sequence number, such as `1526919030474-55`: ascending within the stream.
    public var id: String
    /// In the order in which they were added; a name may occur more than once.
    public var fields: [Field]

    public init(id: String, fields: [Field]) {
        self.id = id
        self.fields = fields
    }

    /// The value of the first field of this name.
    public subscript(name: String) -> [UInt8]? { fields.first { $0.name == name }?.value }

    /// `[id, [name, value, …]]`. An entry that was deleted has `null` for its fields, and is taken as one without any.
    init?(_ reply: RedisValue) {
        guard let parts = reply.array, parts.count == 2, let id = parts[0].string else { return nil }
        let flat = parts[1].array ?? []
        guard flat.count.isMultiple(of: 2) else { return nil }
        var fields: [Field] = []
        fields.reserveCapacity(flat.count / 2)
        for index in stride(from: 0, to: flat.count, by: 2) {
            guard let name = flat[index].string, let value = flat[index + 1].bytes else { return nil }
            fields.append(Field(name: name, value: value))
        }
        self.init(id: id, fields: fields)
    }

    static func list(_ reply: RedisValue) -> [RedisStreamEntry]? {
        guard let array = reply.array else { return nil }
        let entries = array.compactMap(RedisStreamEntry.init)
        return entries.count == array.count ? entries : nil
    }
}
