import ArgumentParser

struct IdleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idle",
        abstract: "Holds N idle subscribers and tells what memory they cost the server.",
        discussion: """
            With --server-pid, the server's memory is read before the first subscriber and when all are there. Resident memory \
            counts pages that processes share once for each of them, proportional memory counts them once. With --base, so many \
            more are there before the first reading: what the server needs only once does not count then. The rate of opening is \
            measured by the command connect.
            """)

    @OptionGroup var target: TargetOptions

    @Option(help: "Subscribers of the channel.")
    var subscribers = 1000

    @Option(help: "Subscribers that are there before the memory is read for the first time.")
    var base = 0

    @Option(help: ArgumentHelp("Seconds to hold them before the memory is read.", valueName: "seconds"))
    var hold = 1.0

    func validate() throws {
        guard (1...1_000_000).contains(self.subscribers) else { throw ValidationError("--subscribers must be 1 to 1000000") }
        guard (0...1_000_000).contains(self.base) else { throw ValidationError("--base must be 0 to 1000000") }
        guard self.hold >= 0 else { throw ValidationError("--hold is seconds") }
    }

    func run() throws {
        let target = try self.target.target()
        defer { target.progress.end() }
        try Descriptors.reserve(self.base + self.subscribers)
        let base = try self.open(self.base, target)
        let before = try target.server?.memory()
        let start = Clock.now()
        let pool = try self.open(self.subscribers, target)
        let seconds = Clock.seconds(Clock.now() - start) - self.hold
        let after = try target.server?.memory()
        target.progress.end()
        try Report.print(
            IdleResult(
                transport: target.request.transport, base: base.count, subscribers: pool.count, seconds: seconds, before: before,
                after: after),
            json: self.target.json)
    }

    /// Opens subscribers and holds them for the time that was asked for.
    private func open(_ count: Int, _ target: Target) throws -> SubscriberPool {
        let pool = SubscriberPool(count: count, endpoint: target.subscribers, request: target.request, poller: try Poller())
        try pool.open(timeout: target.timeout, progress: target.progress) { _ in }
        if count > 0 { try pool.hold(until: Clock.now() + Clock.nanoseconds(self.hold)) }
        return pool
    }
}

/// What idle subscribers cost.
struct IdleResult: Reportable {
    let transport: Transport
    /// Subscribers that were there before the first reading.
    let base: Int
    let subscribers: Int
    /// Time that opening took.
    let seconds: Double
    let residentBytesPerSubscriber: Double?
    let proportionalBytesPerSubscriber: Double?

    init(
        transport: Transport, base: Int, subscribers: Int, seconds: Double, before: ServerProcesses.Memory?,
        after: ServerProcesses.Memory?
    ) {
        self.transport = transport
        self.base = base
        self.subscribers = subscribers
        self.seconds = seconds
        guard let before, let after else {
            (self.residentBytesPerSubscriber, self.proportionalBytesPerSubscriber) = (nil, nil)
            return
        }
        self.residentBytesPerSubscriber = Double(after.resident - before.resident) / Double(subscribers)
        self.proportionalBytesPerSubscriber = Double(after.proportional - before.proportional) / Double(subscribers)
    }

    var rows: [(String, String)] {
        var rows = [
            (
                "subscribers",
                "\(Report.count(Double(self.subscribers))) over \(self.transport.rawValue)"
                    + (self.base > 0 ? ", beside \(Report.count(Double(self.base))) others" : "")
            ),
            ("opened", "in \(Report.fixed(self.seconds)) s"),
        ]
        if let resident = self.residentBytesPerSubscriber, let proportional = self.proportionalBytesPerSubscriber {
            rows.append(
                ("memory", "\(Report.count(resident)) bytes resident for each, \(Report.count(proportional)) proportional"))
        }
        return rows
    }
}
