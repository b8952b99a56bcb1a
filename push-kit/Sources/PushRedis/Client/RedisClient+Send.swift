import NIOCore

extension RedisClient {
    /// Sends a command and waits for its answer.
    ///
    /// - Parameter timeout: how long to wait, for a connection and for the answer together; `commandTimeout` if `nil`.
    /// - Throws: `server` with the server's code if it answers with an error.
    @discardableResult
    public func send(_ command: RedisCommand, timeout: Duration? = nil) async throws(RedisError) -> RedisValue {
        try await send(command, timeout: timeout, isCancellable: true)
    }

    /// Sends a command; for code on an event loop, where a task would cost more than the command.
    ///
    /// - Parameter completion: Called once: on the client's event loop, or at once if the command cannot be sent. Gets what the other
    ///   `send` returns or throws.
    public func send(
        _ command: RedisCommand, timeout: Duration? = nil,
        completion: @escaping @Sendable (Result<RedisValue, RedisError>) -> Void
    ) {
        let payload: ByteBuffer
        do {
            payload = try Self.encode([command], isTransaction: false)
        } catch {
            metrics.failed(error)
            return completion(.failure(error))
        }
        let metrics = metrics
        submit(payload, commandCount: 1, timeout: timeout) { outcome in
            switch outcome {
            case .success(let replies):
                if let error = replies.first?.error {
                    metrics.failed(error)
                    completion(.failure(error))
                } else {
                    completion(.success(replies.first ?? .null))
                }
            case .failure(let error): completion(.failure(error))
            }
        }
    }

    func send(_ command: RedisCommand, timeout: Duration? = nil, isCancellable: Bool) async throws(RedisError) -> RedisValue {
        let replies = try await exchange([command], timeout: timeout, isCancellable: isCancellable)
        if let error = replies.first?.error {
            metrics.failed(error)
            throw error
        }
        return replies.first ?? .null
    }

    /// Sends commands so that they leave together and nothing comes between them, and waits for all answers.
    ///
    /// Other clients' commands may still come between them on the server: `transaction(_:)` rules that out.
    ///
    /// - Returns: one answer for each command, in order; a command that the server refused has `.error` there.
    /// - Throws: if the commands could not be sent or not all of the answers came.
    public func send(pipeline commands: [RedisCommand], timeout: Duration? = nil) async throws(RedisError) -> [RedisValue] {
        guard !commands.isEmpty else { return [] }
        return try await exchange(commands, timeout: timeout, isCancellable: true)
    }

    /// Executes commands as one `MULTI`/`EXEC` transaction: all of them, with nothing in between, or none.
    ///
    /// - Returns: one answer for each command. As Redis does not roll back, a command that fails while it is executed (`WRONGTYPE`)
    ///   has `.error` there, and the others have taken effect.
    /// - Throws: if the server discarded the transaction, the error of the command that made it do so.
    public func transaction(_ commands: [RedisCommand], timeout: Duration? = nil) async throws(RedisError) -> [RedisValue] {
        guard !commands.isEmpty else { return [] }
        let replies = try await exchange(commands, isTransaction: true, timeout: timeout, isCancellable: true)
        do {
            return try Self.transactionResult(replies)
        } catch {
            metrics.failed(error)
            throw error
        }
    }

    static func transactionResult(_ replies: [RedisValue]) throws(RedisError) -> [RedisValue] {
        if var error = replies.first?.error {
            // Without MULTI the server took the commands one by one.
            error.mayHaveExecuted = replies.dropFirst().dropLast().contains { $0.error == nil }
            throw error
        }
        if let error = replies.dropLast().lazy.compactMap(\.error).first { throw error }
        return try (replies.last ?? .null).decode("the answers of a transaction", \.array)
    }

    private func exchange(
        _ commands: [RedisCommand], isTransaction: Bool = false, timeout: Duration?, isCancellable: Bool
    ) async throws(RedisError) -> [RedisValue] {
        let payload: ByteBuffer
        do {
            payload = try Self.encode(commands, isTransaction: isTransaction)
        } catch {
            metrics.failed(error)
            throw error
        }
        let count = commands.count + (isTransaction ? 2 : 0)
        return try await submit(payload, commandCount: count, timeout: timeout, isCancellable: isCancellable).get()
    }

    private static func encode(_ commands: [RedisCommand], isTransaction: Bool) throws(RedisError) -> ByteBuffer {
        var buffer = ByteBuffer()
        if isTransaction { try CommandEncoder.encode(RedisCommand("MULTI"), into: &buffer) }
        for command in commands {
            guard !command.changesConnection else {
                throw RedisError(code: .invalidCommand, message: "\(command.name) can't be sent on a connection that is shared")
            }
            try CommandEncoder.encode(command, into: &buffer)
        }
        if isTransaction { try CommandEncoder.encode(RedisCommand("EXEC"), into: &buffer) }
        return buffer
    }
}

extension RedisCommand {
    /// Whether the command would break the rule of one answer for each command, or change what the connection is for other callers.
    ///
    /// Inside `transaction(_:)` the client writes `MULTI` and `EXEC` itself.
    var changesConnection: Bool {
        switch name {
        case "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "MONITOR", "SYNC", "PSYNC",
            "HELLO", "AUTH", "RESET", "QUIT", "SELECT", "MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH":
            true
        case "CLIENT":
            ["REPLY", "TRACKING"].contains(argument(1)?.uppercased())
        default:
            false
        }
    }

    private func argument(_ index: Int) -> String? {
        guard index > 0, index < ends.count else { return nil }
        return String(decoding: bytes[ends[index - 1]..<ends[index]], as: UTF8.self)
    }
}
