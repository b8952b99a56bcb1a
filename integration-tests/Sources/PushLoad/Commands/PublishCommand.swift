import ArgumentParser

struct PublishCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Publishes over N connections, with no subscriber or with one that checks what arrives.",
        discussion: """
            Each connection is kept and has --pipeline requests in flight. Reported are the publishes that were answered per second, \
            and the time from a publish to its answer. The subscriber must get every message once, those of one connection in order.
            """)

    @OptionGroup var target: TargetOptions

    @Option(help: "Connections that publish.")
    var connections = 1

    @Option(help: "Requests in flight on each connection.")
    var pipeline = 1

    @Option(help: "Subscribers of the channel: 0 or 1.")
    var subscribers = 0

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
        guard (1...1_000_000).contains(self.connections) else { throw ValidationError("--connections must be 1 to 1000000") }
        guard (1...10_000).contains(self.pipeline) else { throw ValidationError("--pipeline must be 1 to 10000") }
        guard (0...1).contains(self.subscribers) else { throw ValidationError("--subscribers must be 0 or 1") }
        guard self.duration > 0, self.warmUp >= 0 else { throw ValidationError("--duration and --warm-up are seconds") }
        guard (SequenceMark.length...1_000_000).contains(self.size) else {
            throw ValidationError("--size must be \(SequenceMark.length) to 1000000")
        }
        guard self.messages.map({ (1..<SequenceMark.limit).contains($0) }) ?? true else {
            throw ValidationError("--messages must be 1 to \(SequenceMark.limit - 1)")
        }
    }

    func run() throws {
        let target = try self.target.target()
        defer { target.progress.end() }
        let end: PublishRun.End =
            self.messages.map { .messages($0) }
            ?? .time(Clock.nanoseconds(self.duration), warmUp: Clock.nanoseconds(self.warmUp))
        let run = try PublishRun(
            target: target, connections: self.connections, pipeline: self.pipeline, size: self.size,
            subscribers: self.subscribers)
        let result = try run.measure(until: end)
        target.progress.end()
        try Report.print(result, json: self.target.json)
    }
}
