import ArgumentParser

struct DelayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delay",
        abstract: "Publishes through push-api at an even rate and tells how long messages take to a subscriber.",
        discussion: """
            In turn, a quarter of a second each, messages go through push-api to a subscriber of push-stream, and by PUBLISH and \
            SUBSCRIBE through Redis alone, at the same rate. Both are timed by this client: from sending to receiving. Every message \
            must come, and once.
            """)

    @OptionGroup var api: APIOptions

    @Option(help: ArgumentHelp("Where Redis is.", valueName: "host:port"))
    var redisAddress = "127.0.0.1:6379"

    @Option(help: ArgumentHelp("Messages per second.", valueName: "count"))
    var rate = 1000

    @Option(help: ArgumentHelp("Kept connections to push-api; a message takes one that waits for no answer.", valueName: "count"))
    var connections = 16

    @Option(help: ArgumentHelp("Bytes of a message's content.", valueName: "bytes"))
    var size = 100

    @Option(help: ArgumentHelp("Seconds to measure.", valueName: "seconds"))
    var duration = 10.0

    @Option(help: ArgumentHelp("Seconds under load before measuring begins.", valueName: "seconds"))
    var warmUp = 1.0

    func validate() throws {
        guard (1...100_000).contains(self.rate) else { throw ValidationError("--rate must be 1 to 100000") }
        guard (1...10_000).contains(self.connections) else { throw ValidationError("--connections must be 1 to 10000") }
        try APIOptions.check(size: self.size)
        guard self.duration > 0, self.warmUp >= 0 else { throw ValidationError("--duration and --warm-up are seconds") }
        guard (self.duration + self.warmUp) * Double(self.rate) < Double(SequenceMark.limit) else {
            throw ValidationError("--rate and --duration give more than \(SequenceMark.limit - 1) messages")
        }
    }

    func run() throws {
        let target = try self.api.target()
        defer { target.progress.end() }
        let run = try DelayRun(
            target: target, redis: try Endpoint(self.redisAddress), connections: self.connections,
            request: try self.api.request(target, size: self.size, count: 1), size: self.size, rate: self.rate)
        let result = try run.measure(Clock.nanoseconds(self.duration), warmUp: Clock.nanoseconds(self.warmUp))
        target.progress.end()
        try Report.print(result, json: self.api.subscription.json)
    }
}
