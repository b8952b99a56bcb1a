import ArgumentParser

struct SlowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slow",
        abstract: "Publishes to H subscribers, and then again beside S subscribers that do not read.",
        discussion: """
            One message is in flight: the next is published when all healthy subscribers have received it. Reported is the time from a \
            publish to the last healthy subscriber without and with the slow ones, what the slow ones cost in memory (with \
            --server-pid), and how many of them the server has closed. It closes them only when the messages are more than the \
            buffers of the system and its own limit for a subscriber hold.
            """)

    @OptionGroup var target: TargetOptions

    @Option(help: "Subscribers that do not read.")
    var slow = 1000

    @Option(help: "Subscribers that read.")
    var healthy = 1000

    @Option(help: "Messages to measure, each time.")
    var messages = 300

    @Option(help: ArgumentHelp("Bytes of a message's text.", valueName: "bytes"))
    var size = 10_000

    func validate() throws {
        try self.target.requireStream()
        guard (1...1_000_000).contains(self.slow) else { throw ValidationError("--slow must be 1 to 1000000") }
        guard (1...1_000_000).contains(self.healthy) else { throw ValidationError("--healthy must be 1 to 1000000") }
        try LoadOptions.check(size: self.size)
        guard (1..<SequenceMark.limit / 2).contains(self.messages) else {
            throw ValidationError("--messages must be 1 to \(SequenceMark.limit / 2 - 1)")
        }
    }

    func run() throws {
        let target = try self.target.target()
        defer { target.progress.end() }
        let run = try FanoutRun(target: target, subscribers: self.healthy, window: 1, size: self.size, others: self.slow)
        try run.open()
        let without = try run.measure(until: .messages(self.messages))
        let before = try target.server?.memory()
        try run.openSilent()
        let with = try run.measure(until: .messages(self.messages))
        let after = try target.server?.memory()
        target.progress.end()
        try Report.print(
            SlowResult(
                without: without, with: with, slow: self.slow, slowClosed: run.closedSilent,
                residentGrowth: before.flatMap { before in after.map { $0.resident - before.resident } }),
            json: self.target.json)
    }
}

/// What slow subscribers did to the healthy ones.
struct SlowResult: Reportable {
    let transport: Transport
    let healthy: Int
    let slow: Int
    let size: Int
    let messages: Int
    /// From a publish to the last healthy subscriber.
    let withoutSlowMilliseconds: Latency?
    let withSlowMilliseconds: Latency?
    /// The second median by the first.
    let medianRatio: Double?
    /// Slow subscribers that the server has closed.
    let slowClosed: Int
    /// Resident bytes that the server has more than before the slow ones came.
    let residentGrowth: Int?
    let client: ClientUsage
    let server: ServerUsage?

    init(without: FanoutResult, with: FanoutResult, slow: Int, slowClosed: Int, residentGrowth: Int?) {
        self.transport = with.transport
        self.healthy = with.subscribers
        self.slow = slow
        self.size = with.size
        self.messages = with.publishes
        self.withoutSlowMilliseconds = without.lastSubscriberMilliseconds
        self.withSlowMilliseconds = with.lastSubscriberMilliseconds
        self.medianRatio = without.lastSubscriberMilliseconds.flatMap { without in
            with.lastSubscriberMilliseconds.flatMap { without.p50 > 0 ? $0.p50 / without.p50 : nil }
        }
        self.slowClosed = slowClosed
        self.residentGrowth = residentGrowth
        self.client = with.client
        self.server = with.server
    }

    var rows: [(String, String)] {
        var rows = [
            ("healthy", "\(Report.count(Double(self.healthy))) over \(self.transport.rawValue), every delivery verified"),
            ("slow", "\(Report.count(Double(self.slow))), of which the server closed \(Report.count(Double(self.slowClosed)))"),
            ("published", "\(Report.count(Double(self.messages))) messages with \(self.size) bytes of text, each time"),
        ]
        rows +=
            Report.latency("without slow", self.withoutSlowMilliseconds) + Report.latency("with slow", self.withSlowMilliseconds)
        if let ratio = self.medianRatio { rows.append(("ratio", "\(Report.fixed(ratio)) of the medians")) }
        if let bytes = self.residentGrowth { rows.append(("memory", "\(Report.count(Double(bytes))) bytes resident more")) }
        return rows + Report.usage(self.client, self.server, operation: "delivery")
    }
}
