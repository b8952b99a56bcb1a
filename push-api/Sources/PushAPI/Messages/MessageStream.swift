import PushModels
import PushRedis

/// The commands for the Redis stream that carries messages to the agents.
struct MessageStream: Sendable {
    /// Entries that the stream keeps, about: Redis removes older ones in blocks.
    let maximumLength: Int

    func append(_ entry: StreamEntry) -> RedisCommand {
        .xadd(
            RedisKeys.messages, fields: entry.fields.map { RedisStreamEntry.Field(name: $0.name, value: Array($0.value.utf8)) },
            maximumLength: self.maximumLength)
    }
}
