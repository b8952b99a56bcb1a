import Foundation

/// How busy the client's one thread was: what tells whether the figures are the server's or the client's.
struct ClientUsage: Codable {
    /// Share of one processor, 0 to 1.
    let processorShare: Double
    /// Above 90% the client was the limit, and the server could have done more.
    var wasTheLimit: Bool

    init(processor: Int64, wall: Int64) {
        self.processorShare = wall > 0 ? Double(processor) / Double(wall) : 0
        self.wasTheLimit = self.processorShare > 0.9
    }
}

/// What the server used of the processors meanwhile, when its process was named.
struct ServerUsage: Codable {
    /// Processors in use on average: 2 are two whole ones.
    let processors: Double
    /// Processor time in nanoseconds for each delivery, connection or publish.
    let nanosecondsPerOperation: Double

    init(processor: Int64, wall: Int64, operations: Int) {
        self.processors = wall > 0 ? Double(processor) / Double(wall) : 0
        self.nanosecondsPerOperation = operations > 0 ? Double(processor) / Double(operations) : 0
    }
}

/// Time spans of wall clock, client and server from a start to an end.
struct UsageSpan {
    private let server: ServerProcesses?
    private let wallStart = Clock.now()
    private let clientStart = Clock.processorTime()
    private let serverStart: Int64

    init(server: ServerProcesses?) throws {
        self.server = server
        self.serverStart = try server?.processorTime() ?? 0
    }

    struct Result {
        let seconds: Double
        let client: ClientUsage
        let server: ServerUsage?
    }

    func end(operations: Int) throws -> Result {
        let wall = Clock.now() - self.wallStart
        let client = ClientUsage(processor: Clock.processorTime() - self.clientStart, wall: wall)
        let server = try self.server.map {
            ServerUsage(processor: try $0.processorTime() - self.serverStart, wall: wall, operations: operations)
        }
        return Result(seconds: Clock.seconds(wall), client: client, server: server)
    }
}
