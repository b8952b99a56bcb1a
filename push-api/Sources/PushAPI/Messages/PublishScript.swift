import PushModels
import PushRedis

/// Adds many entries to the message stream in one step of Redis, and the answer under its idempotency key in the same step.
///
/// A script has nothing before or after it that could be missing: other commands come before or after all of it, the
/// append-only file has all of it or nothing, and Redis looks at its memory before the first write only, so that it does not
/// stop for lack of it midway. The text goes along with each call: a Redis that was restarted knows no scripts by their names.
enum PublishScript {
    enum Outcome: Equatable {
        case published(MessageIDs)
        /// The answer of an earlier request with the same key and the same body.
        case replayed(MessageIDs)
        /// The key belongs to another body.
        case conflict
    }

    /// What the script is to remember.
    struct Memory: Sendable {
        let redisKey: String
        /// Tells one body from another; of any bytes, always as many.
        let fingerprint: [UInt8]
        let lifetime: Duration
    }

    /// Keys: the stream and, if the answer is to be remembered, where. Arguments: the stream's length, the fingerprint, its
    /// lifetime in milliseconds; then for each message the number of its channels, its content and the channels.
    ///
    /// Answers `{kind, ids}`: 0 published, 1 published before, 2 another body. The ids are the first one if the rest follow it,
    /// as they do unless the millisecond changes, else all of them with spaces between. Redis keeps the fingerprint and these ids.
    private static let text = """
        local stored = KEYS[2] and redis.call('GET', KEYS[2])
        if stored then
          local length = #ARGV[2]
          if string.sub(stored, 1, length) ~= ARGV[2] then return {2, ''} end
          return {1, string.sub(stored, length + 1)}
        end
        local ids, count, at = {}, 0, 4
        while at <= #ARGV do
          local content, last = ARGV[at + 1], at + 1 + ARGV[at]
          for channel = at + 2, last do
            local id = redis.pcall('XADD', KEYS[1], '*', 'channel', ARGV[channel], 'content', content)
            if id.err then return id end
            count = count + 1
            ids[count] = id
          end
          at = last + 1
        end
        redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', ARGV[1])
        local answer = ids[1]
        local time, number = string.match(answer, '^(%d+)-(%d+)$')
        local newest = string.match(ids[count], '^' .. time .. '%-(%d+)$')
        if not newest or newest - number ~= count - 1 then answer = table.concat(ids, ' ') end
        if KEYS[2] then redis.call('SET', KEYS[2], ARGV[2] .. answer, 'PX', ARGV[3]) end
        return {0, answer}
        """

    static func command(_ batch: PublishBatch, stream: MessageStream, memory: Memory?) -> RedisCommand {
        var command = RedisCommand("EVAL", Self.text, memory == nil ? 1 : 2, RedisKeys.messages)
        if let memory { command.append(memory.redisKey) }
        // No batch pushes its own messages out of the stream.
        command.append(max(stream.maximumLength, batch.entryCount))
        command.append(memory?.fingerprint ?? [])
        command.append(Int((memory?.lifetime ?? .zero) / .milliseconds(1)))
        for message in batch.messages {
            command.append(message.channels.count)
            command.append(message.encodedContent)
            for channel in message.channels { command.append(channel.rawValue) }
        }
        return command
    }

    /// - Parameters:
    ///   - stored: What Redis keeps under the key.
    ///   - count: The entries of the batch.
    /// - Returns: `nil` if that is not what the script keeps.
    static func outcome(stored: [UInt8], fingerprint: [UInt8], count: Int) -> Outcome? {
        guard stored.starts(with: fingerprint) else { return .conflict }
        return MessageIDs(String(decoding: stored.dropFirst(fingerprint.count), as: UTF8.self), count: count).map(
            Outcome.replayed)
    }

    /// - Parameter count: The entries of the batch.
    /// - Returns: `nil` if the reply is not the script's.
    static func outcome(of reply: RedisValue, count: Int) -> Outcome? {
        guard let parts = reply.array, parts.count == 2, let kind = parts[0].int, let text = parts[1].string else { return nil }
        switch kind {
        case 0: return MessageIDs(text, count: count).map(Outcome.published)
        case 1: return MessageIDs(text, count: count).map(Outcome.replayed)
        case 2: return .conflict
        default: return nil
        }
    }
}
