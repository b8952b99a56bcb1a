import CHiredis

/// Collects what hiredis' reader finds into `RedisValue`s.
///
/// The reader visits a reply depth first and calls one function for each item, so a stack of half-filled arrays is all that is needed:
/// an item goes into the top array, and an array that is full goes into the one below.
final class ReplyBuilder {
    private struct Frame {
        var remaining: Int
        var values: [RedisValue] = []
    }

    private var frames: [Frame] = []
    private var finished: RedisValue?

    /// Content of the arrays under way, in bytes and items: the reader does not count what it has handed over.
    private(set) var collectedBytes = 0

    func takeReply() -> RedisValue? {
        defer { finished = nil }
        collectedBytes = 0
        return finished
    }

    func add(_ value: RedisValue, byteCount: Int = 0) {
        var value = value
        collectedBytes += byteCount + MemoryLayout<RedisValue>.stride
        while !frames.isEmpty {
            frames[frames.count - 1].values.append(value)
            frames[frames.count - 1].remaining -= 1
            guard frames[frames.count - 1].remaining == 0 else { return }
            value = .array(frames.removeLast().values)
        }
        finished = value
    }

    /// Space for the items is made as they come: `*1000000000` alone must not reserve anything.
    func beginArray(count: Int) {
        if count > 0 { frames.append(Frame(remaining: count)) } else { add(.array([])) }
    }
}

extension ReplyBuilder {
    /// The functions that the reader calls. They return a token that is not null, since null means "out of memory" to the reader; the
    /// values themselves stay in the builder, so there is nothing for the reader to free.
    static func makeFunctions() -> redisReplyObjectFunctions {
        redisReplyObjectFunctions(
            createString: { task, text, length in
                ReplyBuilder.with(task) { builder, type in
                    let bytes = UnsafeRawBufferPointer(start: text, count: length)
                    let value: RedisValue =
                        switch type {
                        case REDIS_REPLY_STATUS: .status(String(decoding: bytes, as: UTF8.self))
                        case REDIS_REPLY_ERROR: .error(RedisError(serverMessage: String(decoding: bytes, as: UTF8.self)))
                        default: .string(Array(bytes))
                        }
                    builder.add(value, byteCount: length)
                }
            },
            createArray: { task, count in ReplyBuilder.with(task) { builder, _ in builder.beginArray(count: Int(count)) } },
            createInteger: { task, value in ReplyBuilder.with(task) { builder, _ in builder.add(.integer(Int(value))) } },
            createNil: { task in ReplyBuilder.with(task) { builder, _ in builder.add(.null) } },
            freeObject: { _ in }
        )
    }

    private static func with(
        _ task: UnsafePointer<redisReadTask>?, _ body: (ReplyBuilder, Int32) -> Void
    ) -> UnsafeMutableRawPointer? {
        guard let task, let privdata = task.pointee.privdata else { return nil }
        body(Unmanaged<ReplyBuilder>.fromOpaque(privdata).takeUnretainedValue(), task.pointee.type)
        return UnsafeMutableRawPointer(bitPattern: 1)
    }
}
