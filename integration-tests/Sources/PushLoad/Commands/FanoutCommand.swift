import ArgumentParser

struct FanoutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fanout",
        abstract: "Publishes to N subscribers with a window of messages in flight.",
        discussion: """
            The next message is published when all subscribers have received the oldest one in flight, so that the window always \
            is full. Reported are deliveries and publishes per second, and the time from a publish to its last subscriber.
            """)

    @OptionGroup var target: TargetOptions

    @Option(help: "Subscribers of the channel.")
    var subscribers = 100

    @Option(help: "Messages in flight.")
    var window = 1

    @Option(help: ArgumentHelp("Seconds to measure; unless --messages is given.", valueName: "seconds"))
    var duration = 5.0

    @Option(help: "Messages to measure, instead of a time.")
    var messages: Int?

    @Option(help: ArgumentHelp("Seconds under load before measuring begins; none with --messages.", valueName: "seconds"))
    var warmUp = 0.5

    @Option(help: ArgumentHelp("Bytes of a message's text.", valueName: "bytes"))
    var size = 100

    func validate() throws {
        guard self.target.transport != .longpolling else {
            throw ValidationError(
                "a long poll ends with its first message: --transport must be eventsource, streaming or websocket")
        }
        guard (1...1_000_000).contains(self.subscribers) else { throw ValidationError("--subscribers must be 1 to 1000000") }
        guard (1...100_000).contains(self.window) else { throw ValidationError("--window must be 1 to 100000") }
        guard self.duration > 0, self.warmUp >= 0 else { throw ValidationError("--duration and --warm-up are seconds") }
        guard (SequenceMark.length...1_000_000).contains(self.size) else {
            throw ValidationError("--size must be \(SequenceMark.length) to 1000000")
        }
        guard self.messages.map({ (1..<SequenceMark.limit).contains($0) }) ?? true else {
            throw ValidationError("--messages must be 1 to \(SequenceMark.limit - 1)")
        }
    }

    func run() throws {
        let end: FanoutRun.End =
            self.messages.map { .messages($0) }
            ?? .time(Clock.nanoseconds(self.duration), warmUp: Clock.nanoseconds(self.warmUp))
        let target = try self.target.target()
        defer { target.progress.end() }
        let run = try FanoutRun(target: target, subscribers: self.subscribers, window: self.window, size: self.size)
        try run.open()
        let result = try run.measure(until: end)
        target.progress.end()
        try Report.print(result, json: self.target.json)
    }
}
