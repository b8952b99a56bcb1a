import Metrics
import PushModels
import PushRedis

/// Puts messages into the Redis stream from which every push-agent reads.
struct MessagePublisher: Sendable {
    let clients: RedisClientGroup
    let stream: MessageStream
    let metrics: APIMetrics

    private var redis: RedisClient { self.clients.local }

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

    /// What ``publish(_:memory:)`` would find remembered, without publishing anything.
    ///
    /// - Returns: `nil` if nothing is.
    func remembered(_ batch: PublishBatch, memory: PublishScript.Memory) async throws(RedisError) -> PublishScript.Outcome? {
        guard let stored = try await self.redis.get(memory.redisKey) else { return nil }
        guard let outcome = PublishScript.outcome(stored: stored, fingerprint: memory.fingerprint, count: batch.entryCount) else {
            throw RedisError(code: .protocolViolation, message: "the answer that Redis remembers is none")
        }
        if case .replayed = outcome { self.metrics.publicationsReplayed.increment() }
        return outcome
    }

    /// A single entry needs no script, which would cost Redis half as much again.
    private func add(_ message: PublishRequest) async throws(RedisError) -> String {
        let entry = StreamEntry.message(channel: message.channels[0].rawValue, content: message.encodedContent)
        return try await self.redis.send(self.stream.append(entry)).string ?? ""
    }

    /// Publishes a message to its one channel, for code on an event loop.
    ///
    /// - Parameter completion: Gets the stream entry's id, or what the other `publish` throws.
    func publish(_ message: PublishRequest, completion: @escaping @Sendable (Result<String, RedisError>) -> Void) {
        let start = ContinuousClock.now
        let metrics = self.metrics
        let entry = StreamEntry.message(channel: message.channels[0].rawValue, content: message.encodedContent)
        self.redis.send(self.stream.append(entry)) { result in
            completion(
                result.flatMap { reply in
                    metrics.publishDuration.record(duration: start.duration(to: .now))
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
