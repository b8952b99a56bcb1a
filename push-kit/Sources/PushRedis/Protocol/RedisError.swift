/// Why a command failed.
///
/// Neither `message` nor `description` ever holds a password or a command's arguments; a server's own message is carried as it came.
public struct RedisError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it was.
    public enum Code: Sendable, Hashable {
        /// The connection could not be made, or was lost before the answer came.
        case connection
        /// No answer (or no connection) within the command's timeout.
        case timeout
        /// The client has been shut down and takes no more commands.
        case closed
        /// The bound on outstanding commands or bytes is reached; nothing was sent.
        case overflow
        /// The server sent something that is not RESP2, or not what the command answers.
        case protocolViolation
        /// The calling task was cancelled.
        case cancelled
        /// The command can't be sent on a shared, pipelined connection, or is too large; nothing was sent.
        case invalidCommand
        /// The server answered with an error; the value is its first word, such as `WRONGTYPE` or `ERR`.
        case server(String)
    }

    public var code: Code

    /// What happened, in words.
    public var message: String

    /// Whether the server may have carried the command out although no answer came.
    ///
    /// `false` says for certain that it did not. The client never repeats a command by itself, so a caller that does must be sure
    /// that twice does no harm whenever this is `true`.
    public var mayHaveExecuted: Bool

    public init(code: Code, message: String, mayHaveExecuted: Bool = false) {
        self.code = code
        self.message = message
        self.mayHaveExecuted = mayHaveExecuted
    }

    /// An error reply's text, such as `WRONGTYPE Operation against a key…`. The server refused the command, so it did not run.
    init(serverMessage: String) {
        let word = serverMessage.prefix { $0 != " " }
        let isCode = !word.isEmpty && word.allSatisfy { ("A"..."Z").contains($0) || ("0"..."9").contains($0) || $0 == "_" }
        self.init(code: .server(isCode ? String(word) : "ERR"), message: serverMessage)
    }

    public var description: String {
        "\(code.label): \(message)\(mayHaveExecuted ? " (it may have been executed)" : "")"
    }
}

extension RedisError.Code {
    /// The first word of the server's error, if it was the server that refused.
    public var serverCode: String? {
        if case .server(let code) = self { code } else { nil }
    }

    /// A label of a bounded set, fit for a metric: servers and modules can invent error words, so unknown ones share one label.
    var label: String {
        switch self {
        case .connection: "connection"
        case .timeout: "timeout"
        case .closed: "closed"
        case .overflow: "overflow"
        case .protocolViolation: "protocol_violation"
        case .cancelled: "cancelled"
        case .invalidCommand: "invalid_command"
        case .server(let code): Self.knownServerCodes.contains(code) ? code : "server"
        }
    }

    /// The error words of Redis 7 that an operator may want to tell apart.
    static let knownServerCodes: Set<String> = [
        "BUSY", "BUSYGROUP", "CLUSTERDOWN", "CROSSSLOT", "ERR", "EXECABORT", "LOADING", "MASTERDOWN", "MISCONF", "MOVED",
        "NOAUTH",
        "NOGROUP", "NOPERM", "NOREPLICAS", "NOSCRIPT", "OOM", "READONLY", "WRONGPASS", "WRONGTYPE",
    ]

    /// Every label that can occur, so that the counters can exist before the first error.
    static let allLabels: Set<String> = knownServerCodes.union([
        "connection", "timeout", "closed", "overflow", "protocol_violation", "cancelled", "invalid_command", "server",
    ])
}
