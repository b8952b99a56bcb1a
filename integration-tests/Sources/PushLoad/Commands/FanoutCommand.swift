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

    @OptionGroup var load: LoadOptions

    func validate() throws {
        try self.target.requireStream()
        guard (1...1_000_000).contains(self.subscribers) else { throw ValidationError("--subscribers must be 1 to 1000000") }
        guard (1...100_000).contains(self.window) else { throw ValidationError("--window must be 1 to 100000") }
    }

    func run() throws {
        let target = try self.target.target()
        defer { target.progress.end() }
        let run = try FanoutRun(target: target, subscribers: self.subscribers, window: self.window, size: self.load.size)
        try run.open()
        let result = try run.measure(until: self.load.end)
        target.progress.end()
        try Report.print(result, json: self.target.json)
    }
}
