import ArgumentParser

struct ConnectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Opens N subscribers as fast as the server takes them.",
        discussion: """
            A subscriber counts when the head of its response is there: TCP connection, request, subscription and answer. All stay \
            until the last one has come. Reported are subscribers per second and the time from connect to head of each.
            """)

    @OptionGroup var target: TargetOptions

    @Option(help: "Subscribers to open.")
    var connections = 10_000

    @Option(help: "Attempts at once.")
    var concurrency = SubscriberPool.concurrency

    func validate() throws {
        guard self.target.transport != .longpolling else {
            throw ValidationError(
                "a long poll has no head before its message: --transport must be eventsource, streaming or websocket")
        }
        guard (1...1_000_000).contains(self.connections) else { throw ValidationError("--connections must be 1 to 1000000") }
        guard (1...4096).contains(self.concurrency) else { throw ValidationError("--concurrency must be 1 to 4096") }
    }

    func run() throws {
        let target = try self.target.target()
        defer { target.progress.end() }
        try Descriptors.reserve(self.connections)
        let pool = SubscriberPool(
            count: self.connections, endpoint: target.subscribers, request: target.request, poller: try Poller())
        pool.keepsDelays = true
        let span = try UsageSpan(server: target.server)
        try pool.open(timeout: target.timeout, concurrency: self.concurrency, progress: target.progress) { _ in }
        let usage = try span.end(operations: self.connections)
        target.progress.end()
        try Report.print(
            ConnectResult(
                transport: target.request.transport, connections: self.connections, concurrency: self.concurrency,
                seconds: usage.seconds, connectionsPerSecond: Double(self.connections) / usage.seconds,
                headMilliseconds: Latency(pool.delays), client: usage.client, server: usage.server),
            json: self.target.json)
    }
}

/// How fast subscribers were taken.
struct ConnectResult: Reportable {
    let transport: Transport
    let connections: Int
    let concurrency: Int
    let seconds: Double
    let connectionsPerSecond: Double
    /// From connect to the head of the response.
    let headMilliseconds: Latency?
    let client: ClientUsage
    let server: ServerUsage?

    var rows: [(String, String)] {
        [
            (
                "connections",
                "\(Report.count(Double(self.connections))) over \(self.transport.rawValue), \(self.concurrency) attempts at once"
            ),
            ("opened", "\(Report.count(self.connectionsPerSecond)) per second, in \(Report.fixed(self.seconds)) s"),
        ] + Report.latency("to the head", self.headMilliseconds)
            + Report.usage(self.client, self.server, operation: "connection")
    }
}
