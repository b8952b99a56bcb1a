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

    @OptionGroup var load: LoadOptions

    func validate() throws {
        try self.target.requireStream()
        guard (1...1_000_000).contains(self.connections) else { throw ValidationError("--connections must be 1 to 1000000") }
        guard (1...10_000).contains(self.pipeline) else { throw ValidationError("--pipeline must be 1 to 10000") }
        guard (0...1).contains(self.subscribers) else { throw ValidationError("--subscribers must be 0 or 1") }
    }

    func run() throws {
        let target = try self.target.target()
        defer { target.progress.end() }
        let run = try PublishRun(
            target: target, connections: self.connections, pipeline: self.pipeline,
            request: PublishRequest(path: target.publishPath, host: target.publishers.text, size: self.load.size),
            size: self.load.size,
            subscribers: self.subscribers)
        let result = try run.measure(until: self.load.end)
        target.progress.end()
        try Report.print(result, json: self.target.json)
    }
}
