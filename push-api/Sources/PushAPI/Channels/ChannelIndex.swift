import PushModels
import PushRedis

/// The order of the channels: `push_channels`, by time of creation, and by id among those of one millisecond.
struct ChannelIndex: Sendable {
    struct Slice: Sendable {
        var entries: [ChannelCursor]
        /// Entries that come after these.
        let remaining: Int
        /// Entries of the index.
        let total: Int
    }

    let redis: RedisClient

    /// Finds a place and reads from there, in one step, so that no channel that comes or goes meanwhile shifts the others.
    ///
    /// The place is the channel's rank. One that has been deleted has none: then it is searched for among the channels of the same
    /// millisecond, in halves, since that may be all of them if someone has moved them here at once. Lua's own comparison of
    /// texts follows the machine's language; Redis orders by bytes.
    ///
    /// Arguments: how many entries, the order, and of the cursor the score and the id. Answers `{total, remaining, {id, score, ...}}`.
    private static let script = """
        local index, count, newest, score, id = KEYS[1], tonumber(ARGV[1]), ARGV[2] == 'newest', ARGV[3], ARGV[4]
        local function precedes(a, b)
          for at = 1, math.min(#a, #b) do
            local x, y = string.byte(a, at), string.byte(b, at)
            if x ~= y then return x < y end
          end
          return #a < #b
        end
        local total = redis.call('ZCARD', index)
        local place = newest and total or 0
        if score then
          if redis.call('ZSCORE', index, id) == score then
            place = redis.call('ZRANK', index, id)
            if not newest then place = place + 1 end
          else
            place = redis.call('ZCOUNT', index, '-inf', '(' .. score)
            local last = place + redis.call('ZCOUNT', index, score, score)
            while place < last do
              local middle = math.floor((place + last) / 2)
              if precedes(redis.call('ZRANGE', index, middle, middle)[1], id) then place = middle + 1 else last = middle end
            end
          end
        end
        local remaining = math.max(0, (newest and place or total - place) - count)
        if newest then
          local start = total - place
          return {total, remaining, redis.call('ZREVRANGE', index, start, start + count - 1, 'WITHSCORES')}
        end
        return {total, remaining, redis.call('ZRANGE', index, place, place + count - 1, 'WITHSCORES')}
        """

    /// The entries that come after `cursor`, or the first ones.
    ///
    /// - Parameter count: How many at most, 1 or more.
    func entries(
        after cursor: ChannelCursor?, order: ChannelListRequest.Order, count: Int
    ) async throws(RedisError) -> Slice {
        var command = RedisCommand("EVAL", Self.script, 1, RedisKeys.channelIndex, count, order.rawValue)
        if let cursor {
            command.append(cursor.score)
            command.append(cursor.id)
        }
        let reply = try await self.redis.send(command)
        guard let slice = Slice(reply) else {
            throw RedisError(code: .protocolViolation, message: "the script for pages answered something else")
        }
        return slice
    }
}

extension ChannelIndex.Slice {
    fileprivate init?(_ reply: RedisValue) {
        guard let parts = reply.array, parts.count == 3, let total = parts[0].int, let remaining = parts[1].int,
            let flat = parts[2].array, flat.count.isMultiple(of: 2)
        else { return nil }
        var entries: [ChannelCursor] = []
        entries.reserveCapacity(flat.count / 2)
        for position in stride(from: 0, to: flat.count, by: 2) {
            guard let id = flat[position].string, let score = flat[position + 1].string else { return nil }
            entries.append(ChannelCursor(score: score, id: id))
        }
        self.init(entries: entries, remaining: remaining, total: total)
    }
}
