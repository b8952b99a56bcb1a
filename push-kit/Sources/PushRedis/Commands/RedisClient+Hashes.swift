extension RedisClient {
    /// A field of a hash, or `nil` if there is no such field.
    public func hget(_ key: String, _ field: String) async throws(RedisError) -> [UInt8]? {
        let reply = try await send(RedisCommand("HGET", key, field))
        return reply.isNull ? nil : try reply.decode("a string", \.bytes)
    }

    /// Fields of a hash, in their order; `nil` for one that does not exist.
    public func hmget(_ key: String, _ fields: [String]) async throws(RedisError) -> [[UInt8]?] {
        guard !fields.isEmpty else { return [] }
        return try await send(RedisCommand("HMGET", arguments: [key] + fields)).decode("an array", \.array).map(\.bytes)
    }

    /// All fields of a hash, in no order; none if there is no such hash. Redis answers nothing else meanwhile: for small hashes.
    public func hgetall(_ key: String) async throws(RedisError) -> [String: [UInt8]] {
        try await send(RedisCommand("HGETALL", key)).decode("fields and values") { reply in
            guard let flat = reply.array, flat.count.isMultiple(of: 2) else { return nil }
            var fields: [String: [UInt8]] = [:]
            for index in stride(from: 0, to: flat.count, by: 2) {
                guard let name = flat[index].string, let value = flat[index + 1].bytes else { return nil }
                fields[name] = value
            }
            return fields
        }
    }
}
