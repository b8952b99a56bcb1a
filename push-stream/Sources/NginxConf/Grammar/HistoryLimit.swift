/// `push_stream_history_limit MESSAGES TIME`.
public struct HistoryLimit: Sendable, Hashable {
    /// Per channel, at least 1.
    public var messages: Int
    /// Milliseconds, at least 1,000.
    public var time: Int

    public init(_ directive: Directive) throws(ConfigurationError) {
        guard directive.arguments.count == 2, let messages = Units.number(directive.arguments[0]), messages > 0 else {
            throw directive.error("invalid number of messages \"\(directive.arguments.first ?? "")\" in \"\(directive.name)\"")
        }
        guard let time = Units.duration(directive.arguments[1], wholeSeconds: true), time > 0 else {
            throw directive.error("invalid time \"\(directive.arguments[1])\" in \"\(directive.name)\"")
        }
        self.messages = messages
        self.time = time
    }
}
