import Crypto

/// A Lua script that Redis runs as one step, with nothing in between.
///
/// Redis is sent the script's digest and, only when it does not know that (the first time, after a restart), the script itself.
public struct RedisScript: Sendable {
    public let text: String
    /// SHA-1 in hexadecimal: Redis' name for the script, which guards nothing.
    let digest: String

    /// - Parameter text: Lua. Keys come as `KEYS`, arguments as `ARGV`; with Redis Cluster all keys lie in one slot.
    public init(_ text: String) {
        self.text = text
        digest = Insecure.SHA1.hash(data: Array(text.utf8)).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    fileprivate func command(_ name: String, _ body: String, _ keys: [String], _ arguments: [any RedisArgument]) -> RedisCommand {
        var command = RedisCommand(name, body, keys.count)
        for key in keys { command.append(key) }
        for argument in arguments { command.append(argument) }
        return command
    }
}

extension RedisClient {
    /// Runs a script.
    ///
    /// - Parameter timeout: For each of the two tries that there may be; `commandTimeout` if `nil`.
    /// - Returns: What the script returned.
    /// - Throws: `server` with the server's code if the script fails. What it wrote before stays.
    @discardableResult
    public func run(
        _ script: RedisScript, keys: [String], arguments: [any RedisArgument] = [], timeout: Duration? = nil
    ) async throws(RedisError) -> RedisValue {
        // As a pipeline of one, whose errors are not counted: this one is how Redis asks for the script.
        let replies = try await send(pipeline: [script.command("EVALSHA", script.digest, keys, arguments)], timeout: timeout)
        guard let error = replies.first?.error else { return replies.first ?? .null }
        guard error.code == .server("NOSCRIPT") else {
            metrics.failed(error)
            throw error
        }
        return try await send(script.command("EVAL", script.text, keys, arguments), timeout: timeout)
    }
}
