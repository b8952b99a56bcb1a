import Metrics
import PushModels
import PushRedis

/// Puts messages into the Redis stream from which every push-agent reads.
struct MessagePublisher: Sendable {
    let redis: RedisClient
    let stream: MessageStream
    let metrics: APIMetrics

    /// Publishes all of the batch or nothing, in one round trip. Redis has the messages when this returns.
    ///
    /// - Parameter memory: Under which key the answer is remembered, and whether it is one already.
    /// - Returns: The stream entries' ids, which become the messages' `Event-Id`.
    /// - Throws: A `RedisError`; its `mayHaveExecuted` says whether the messages may have been published all the same.
    func publish(_ batch: PublishBatch, memory: PublishScript.Memory?) async throws(RedisError) -> PublishScript.Outcome {
        let start = ContinuousClock.now
        let outcome: PublishScript.Outcome?
        if memory == nil, batch.entryCount == 1 {
            outcome = MessageIDs(try await self.add(batch.messages[0]), count: 1).map { .published($0) }
        } else {
            let reply = try await self.redis.send(PublishScript.command(batch, stream: self.stream, memory: memory))
            outcome = PublishScript.outcome(of: reply, count: batch.entryCount)
        }
        self.metrics.publishDuration.record(duration: start.duration(to: .now))
        guard let outcome else {
            throw RedisError(code: .protocolViolation, message: "Redis answered no ids", mayHaveExecuted: true)
        }
        switch outcome {
        case .published: self.metrics.messagesPublished.increment(by: batch.entryCount)
        case .replayed: self.metrics.publicationsReplayed.increment()
        case .conflict: break
        }
        return outcome
    }

    /// A single entry needs no script, which would cost Redis half as much again.
    private func add(_ message: PublishRequest) async throws(RedisError) -> String {
        let entry = StreamEntry.message(channel: message.channels[0].rawValue, content: message.encodedContent)
        return try await self.redis.send(self.stream.append(entry)).string ?? ""
    }
}
