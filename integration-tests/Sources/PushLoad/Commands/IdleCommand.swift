import ArgumentParser

struct IdleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idle",
        abstract: "Holds N idle subscribers and tells what memory they cost the server.",
        discussion: """
            With --server-pid, the server's memory is read before the first subscriber and when all are there. Resident memory \
            counts pages that processes share once for each of them, proportional memory counts them once.
            """)

    @OptionGroup var target: TargetOptions

    @Option(help: "Subscribers of the channel.")
    var subscribers = 1000

    @Option(help: ArgumentHelp("Seconds to hold them before the memory is read.", valueName: "seconds"))
    var hold = 1.0

    func validate() throws {
        guard (1...1_000_000).contains(self.subscribers) else { throw ValidationError("--subscribers must be 1 to 1000000") }
        guard self.hold >= 0 else { throw ValidationError("--hold is seconds") }
    }

    func run() throws {
        let target = try self.target.target()
        try Descriptors.reserve(self.subscribers)
        let poller = try Poller()
        let pool = SubscriberPool(
            count: self.subscribers, endpoint: target.subscribers, request: target.request, poller: poller)
        let before = try target.server?.memory()
        let span = try UsageSpan(server: target.server)
        try pool.open(timeout: target.timeout) { _ in }
        let usage = try span.end(operations: self.subscribers)
        try pool.hold(until: Clock.now() + Clock.nanoseconds(self.hold))
        let after = try target.server?.memory()
        try Report.print(
            IdleResult(
                transport: target.request.transport, subscribers: self.subscribers, seconds: usage.seconds,
                subscribersPerSecond: Double(self.subscribers) / usage.seconds, client: usage.client, server: usage.server,
                before: before, after: after),
            json: self.target.json)
    }
}

/// What idle subscribers cost.
struct IdleResult: Reportable {
    let transport: Transport
    let subscribers: Int
    /// Time that opening took.
    let seconds: Double
    let subscribersPerSecond: Double
    let client: ClientUsage
    let server: ServerUsage?
    let residentBytesPerSubscriber: Double?
    let proportionalBytesPerSubscriber: Double?

    init(
        transport: Transport, subscribers: Int, seconds: Double, subscribersPerSecond: Double, client: ClientUsage,
        server: ServerUsage?, before: ServerProcesses.Memory?, after: ServerProcesses.Memory?
    ) {
        self.transport = transport
        self.subscribers = subscribers
        self.seconds = seconds
        self.subscribersPerSecond = subscribersPerSecond
        self.client = client
        self.server = server
        guard let before, let after else {
            (self.residentBytesPerSubscriber, self.proportionalBytesPerSubscriber) = (nil, nil)
            return
        }
        self.residentBytesPerSubscriber = Double(after.resident - before.resident) / Double(subscribers)
        self.proportionalBytesPerSubscriber = Double(after.proportional - before.proportional) / Double(subscribers)
    }

    var rows: [(String, String)] {
        var rows = [
            ("subscribers", "\(Report.count(Double(self.subscribers))) over \(self.transport.rawValue)"),
            ("opened", "\(Report.count(self.subscribersPerSecond)) per second, in \(Report.fixed(self.seconds)) s"),
        ]
        if let resident = self.residentBytesPerSubscriber, let proportional = self.proportionalBytesPerSubscriber {
            rows.append(
                ("memory", "\(Report.count(resident)) bytes resident for each, \(Report.count(proportional)) proportional"))
        }
        return rows + Report.usage(self.client, self.server, operation: "subscriber")
    }
}
