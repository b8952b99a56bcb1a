import Crypto
import Hummingbird
import Logging
import NIOCore
import PushModels
import PushRedis
import PushRuntime

/// `POST /api/v1/messages`.
struct MessagesController: Sendable {
    let publisher: MessagePublisher
    let bodies = LargeBodies()

    func addRoutes(to group: RouterGroup<APIRequestContext>) {
        group.post("messages") { request, context in
            do {
                let key = try IdempotencyKey.from(request.headers)
                return try await self.bodies.with(
                    request, smallLimit: PublishRequest.maximumBodySize, limit: PublishBatch.maximumBodySize
                ) { body in
                    let memory = key.map { key in
                        PublishScript.Memory(
                            redisKey: key.redisKey(principal: context.principal.id), fingerprint: Self.fingerprint(of: body),
                            lifetime: IdempotencyKey.lifetime)
                    }
                    let batch = try await Self.read(body)
                    // A repetition of what was published counts against no limit: it gets its answer.
                    if let memory, context.principal.limits != nil,
                        let answer = try await self.remembered(batch, memory, context)
                    {
                        return answer
                    }
                    try await context.admit(batch.messages)
                    return try await self.publish(batch, memory: memory, logger: context.logger)
                }
            } catch let error as IdempotencyKey.Invalid {
                throw APIError(.badRequest, .messageIdempotencyKey, error.description)
            } catch let error as InvalidRequestBody {
                throw APIError(error, .messageBody)
            } catch let error as PublishRequest.Invalid {
                throw Self.map(error)
            }
        }
    }

    /// Reads a body. A large one is read on another thread than the event loop's, whose other connections would have to wait.
    private static func read(_ body: ByteBuffer) async throws(PublishRequest.Invalid) -> PublishBatch {
        guard body.readableBytes > DirectPublishing.largestBody else { return try PublishBatch(json: body) }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { () async throws(PublishRequest.Invalid) in
            try PublishBatch(json: body)
        }
    }

    private func publish(_ batch: PublishBatch, memory: PublishScript.Memory?, logger: Logger) async throws(APIError) -> Response
    {
        let outcome: PublishScript.Outcome
        do {
            outcome = try await self.publisher.publish(batch, memory: memory)
        } catch {
            // With a key, a repetition is safe whatever became of this request.
            throw APIError.redis(
                error, memory == nil ? .write : .repeatableWrite, .messageFailed, action: "the message was not published",
                logger: logger)
        }
        return try Self.answer(batch, outcome)
    }

    private static func answer(_ batch: PublishBatch, _ outcome: PublishScript.Outcome) throws(APIError) -> Response {
        switch outcome {
        case .published(let ids):
            return self.answer(batch, ids)
        case .replayed(let ids):
            var answer = self.answer(batch, ids)
            answer.headers[.idempotencyReplayed] = "true"
            return answer
        case .conflict:
            throw APIError(
                .unprocessableContent, .messageIdempotencyConflict,
                "this Idempotency-Key came with another body within the last 10 minutes: give each publication a key of its own")
        }
    }

    /// The answer to a publication that was made with the same key; `nil` if there was none.
    private func remembered(
        _ batch: PublishBatch, _ memory: PublishScript.Memory, _ context: APIRequestContext
    ) async throws(APIError) -> Response? {
        for message in batch.messages {
            for channel in message.channels { try context.principal.requireUse(of: channel) }
        }
        let outcome: PublishScript.Outcome?
        do {
            outcome = try await self.publisher.remembered(batch, memory: memory)
        } catch {
            throw APIError.redis(
                error, .repeatableWrite, .messageFailed, action: "the message was not published", logger: context.logger)
        }
        return try outcome.map { outcome throws(APIError) in try Self.answer(batch, outcome) }
    }

    private static func fingerprint(of body: ByteBuffer) -> [UInt8] {
        body.withUnsafeReadableBytes { bytes in
            var hash = SHA256()
            hash.update(bufferPointer: bytes)
            return Array(hash.finalize())
        }
    }

    private static func answer(_ batch: PublishBatch, _ ids: MessageIDs) -> Response {
        guard batch.isArray else {
            return Response(status: .noContent, headers: [.pushMessageID: ids.joined(separator: ",")])
        }
        // Ids are digits and a dash: nothing to escape.
        var json = ByteBuffer()
        json.reserveCapacity(32 * batch.entryCount + 16 * batch.messages.count)
        json.writeString(#"{"messages":["#)
        var entry = 0
        for (index, message) in batch.messages.enumerated() {
            json.writeString(index == 0 ? #"{"ids":["# : #",{"ids":["#)
            for position in message.channels.indices {
                json.writeString(position == 0 ? "\"" : ",\"")
                json.writeString(ids[entry])
                json.writeString("\"")
                entry += 1
            }
            json.writeString("]}")
        }
        json.writeString("]}")
        return Response.json(bytes: json)
    }

    private static func map(_ error: PublishRequest.Invalid) -> APIError {
        switch error {
        case .body(.badFormat(let message)), .format(let message):
            return APIError(.badRequest, .messageFormat, message)
        case .body(let error):
            return APIError(error, .messageBody)
        case .contentTooLarge(let length, let field):
            return APIError(
                .contentTooLarge, .messageFormat,
                "'\(field)' is too large: it has \(length) bytes after percent-encoding, send at most "
                    + "\(ContentEncoding.maximumEncodedLength)")
        case .tooMuch(let size):
            return APIError(
                .contentTooLarge, .messageFormat,
                "the messages have \(size) bytes of content, counted for each channel after percent-encoding: send at most "
                    + "\(PublishBatch.maximumContentSize) in one request")
        }
    }
}
