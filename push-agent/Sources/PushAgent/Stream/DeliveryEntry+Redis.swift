import PushModels
import PushRedis

extension DeliveryEntry {
    /// Reads the answer to ``PushRedis/RedisCommand/read(after:count:block:)`` without a copy of it in between.
    ///
    /// - Returns: no entries if there are none.
    /// - Throws: `protocolViolation` if the answer is something else.
    static func list(_ reply: RedisValue) throws(RedisError) -> [DeliveryEntry] {
        if case .null = reply { return [] }
        guard let streams = reply.array, streams.count == 1, let stream = streams[0].array, stream.count == 2,
            let entries = stream[1].array
        else { throw Self.violation }
        var list: [DeliveryEntry] = []
        list.reserveCapacity(entries.count)
        for entry in entries { list.append(try Self.entry(entry)) }
        return list
    }

    private static var violation: RedisError {
        RedisError(code: .protocolViolation, message: "XREAD was answered with something else than the entries of a stream")
    }

    /// - Parameter reply: an id, and names with their values in turn. An entry that was deleted meanwhile has `null` for those.
    private static func entry(_ reply: RedisValue) throws(RedisError) -> DeliveryEntry {
        guard case .array(let parts) = reply, parts.count == 2, case .string(let text) = parts[0], let id = StreamID(bytes: text)
        else { throw Self.violation }
        let fields = parts[1].array ?? []
        guard fields.count.isMultiple(of: 2) else { throw Self.violation }
        let message = StreamEntry { name in
            for index in stride(from: 0, to: fields.count, by: 2) {
                guard case .string(let bytes) = fields[index], bytes.elementsEqual(name.utf8) else { continue }
                return fields[index + 1].string
            }
            return nil
        }
        return DeliveryEntry(id: id, requests: message.map { PublishRequest.requests(of: $0, id: id) } ?? [])
    }
}
