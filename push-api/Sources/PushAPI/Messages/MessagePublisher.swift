import Metrics
import PushModels
import PushRedis

/// Puts messages into the Redis stream from which every push-agent reads.
struct MessagePublisher: Sendable {
    let redis: RedisClient
    let stream: MessageStream
    let metrics: APIMetrics

    /// Publishes to all channels of the request or to none, in one round trip.
    ///
    /// - Returns: The stream entries' ids, which become the messages' `Event-Id`, in the order of `request.channels`. Redis
    ///   has the messages by then.
    /// - Throws: A `RedisError`; its `mayHaveExecuted` says whether the messages may have been published all the same.
    func publish(_ request: PublishRequest) async throws(RedisError) -> [String] {
        let entries = request.channels.map { self.stream.append(.message(channel: $0.rawValue, content: request.encodedContent)) }
        let start = ContinuousClock.now
        let replies: [RedisValue]
        if let only = entries.first, entries.count == 1 {
            replies = [try await self.redis.send(only)]
        } else {
            replies = try await self.redis.transaction(entries)
        }
        self.metrics.publishDuration.record(duration: start.duration(to: .now))
        var ids: [String] = []
        for reply in replies {
            if var error = reply.error {
                // Redis does not roll back: another entry of the same transaction may stand.
                error.mayHaveExecuted = !ids.isEmpty || replies.contains { $0.error == nil }
                throw error
            }
            guard let id = reply.string else {
                throw RedisError(code: .protocolViolation, message: "XADD answered no id", mayHaveExecuted: true)
            }
            ids.append(id)
        }
        guard ids.count == entries.count else {
            throw RedisError(code: .protocolViolation, message: "EXEC answered too little", mayHaveExecuted: true)
        }
        self.metrics.messagesPublished.increment(by: ids.count)
        return ids
    }
}
