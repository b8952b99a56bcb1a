import ArgumentParser

struct APICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api",
        abstract: "Publishes through push-api over N connections, with no subscriber or with one that checks what arrives.",
        discussion: """
            Each connection is kept and has one request in flight, with one message or with an array of them. Reported are the messages \
            that were answered and that were received per second, and the time from a request to its answer. The subscriber must get \
            every message once, those of one connection in order; publishing waits while too much is on its way to it.
            """)

    @OptionGroup var api: APIOptions

    @Option(help: "Connections that publish.")
    var connections = 1

    @Option(help: ArgumentHelp("Messages of one request: 1 is an object, more are an array.", valueName: "count"))
    var batch = 1

    @Option(help: "Subscribers of the channel: 0 or 1.")
    var subscribers = 0

    @OptionGroup var load: LoadOptions

    func validate() throws {
        guard (1...100_000).contains(self.connections) else { throw ValidationError("--connections must be 1 to 100000") }
        guard (1...1000).contains(self.batch) else { throw ValidationError("--batch must be 1 to 1000") }
        guard (0...1).contains(self.subscribers) else { throw ValidationError("--subscribers must be 0 or 1") }
        guard self.load.messages?.isMultiple(of: self.batch) ?? true else {
            throw ValidationError("--messages must be a multiple of --batch")
        }
        try APIOptions.check(size: self.load.size)
    }

    func run() throws {
        let target = try self.api.target()
        defer { target.progress.end() }
        let run = try PublishRun(
            target: target, connections: self.connections, pipeline: 1,
            request: try self.api.request(target, size: self.load.size, count: self.batch), size: self.load.size,
            subscribers: self.subscribers)
        let result = try run.measure(until: self.load.end)
        target.progress.end()
        try Report.print(result, json: self.api.subscription.json)
    }
}
