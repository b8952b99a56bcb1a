import Metrics
import PushModels
import PushRedis

/// Puts messages into the Redis stream from which every push-agent reads.
struct MessagePublisher: Sendable {
    let clients: RedisClientGroup
    let stream: MessageStream
    let metrics: APIMetrics

    private var redis: RedisClient { self.clients.local }

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

    /// Publishes a message to its one channel, for code on an event loop.
    ///
    /// - Parameter completion: Gets the stream entry's id, or what the other `publish` throws.
    func publish(_ message: PublishRequest, completion: @escaping @Sendable (Result<String, RedisError>) -> Void) {
        let start = ContinuousClock.now
        let metrics = self.metrics
        let entry = StreamEntry.message(channel: message.channels[0].rawValue, content: message.encodedContent)
        self.redis.send(self.stream.append(entry)) { result in
            metrics.publishDuration.record(duration: start.duration(to: .now))
            completion(
                result.flatMap { reply in
                    guard let id = reply.string else {
                        return .failure(
                            RedisError(code: .protocolViolation, message: "XADD answered no id", mayHaveExecuted: true))
                    }
                    metrics.messagesPublished.increment()
                    return .success(id)
                })
        }
    }
}
