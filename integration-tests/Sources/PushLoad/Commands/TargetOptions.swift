import ArgumentParser
import Foundation

/// Where subscribers connect, and what all commands have.
struct SubscriptionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where subscribers connect.", valueName: "host:port"))
    var subscribeAddress = "127.0.0.1:9080"

    @Option(help: ArgumentHelp("How subscribers receive: \(Transport.allNames).", valueName: "transport"))
    var transport = Transport.eventsource

    @Option(
        help: ArgumentHelp(
            "Path of a subscription; default by transport /ev, /sub, /ws or /lp and /{channel}.", valueName: "template"))
    var subscribePath: String?

    @Option(help: "The channel's id; default one that no other run has.")
    var channel: String?

    @Option(help: ArgumentHelp("Process of the server, for its processor time and memory.", valueName: "pid"))
    var serverPid: Int32?

    @Option(help: ArgumentHelp("Seconds without any progress after which the run fails.", valueName: "seconds"))
    var timeout = 10.0

    @Flag(help: "Print one JSON object instead of a table.")
    var json = false

    func validate() throws {
        guard self.timeout > 0 else { throw ValidationError("--timeout must be above 0") }
        if let path = self.subscribePath { try Self.check(path, "--subscribe-path") }
    }

    static func check(_ path: String, _ name: String) throws {
        guard path.hasPrefix("/"), !path.contains(where: { $0 == " " || $0.isNewline }) else {
            throw ValidationError("\(name) must begin with / and hold no blank")
        }
    }

    /// For commands whose subscribers take message after message.
    func requireStream() throws {
        guard self.transport != .longpolling else {
            throw ValidationError(
                "a long poll ends with its first message: --transport must be eventsource, streaming or websocket")
        }
    }

    /// - Parameters:
    ///   - address: where messages are published.
    ///   - path: of a publish; `{channel}` becomes the channel's id.
    func target(publishAddress address: String, path: String) throws -> Target {
        let channel = self.channel ?? "load-\(getpid())-\(Clock.now())"
        func fill(_ template: String) -> String { template.replacingOccurrences(of: "{channel}", with: channel) }
        let subscribers = try Endpoint(self.subscribeAddress)
        return Target(
            channel: channel, subscribers: subscribers, publishers: try Endpoint(address),
            request: SubscribeRequest(
                path: fill(self.subscribePath ?? self.transport.defaultPath), host: subscribers.text, transport: self.transport),
            publishPath: fill(path), server: try self.serverPid.map { try ServerProcesses(processID: $0) },
            timeout: Clock.nanoseconds(self.timeout))
    }
}

/// Where the server is and what its locations are called.
struct TargetOptions: ParsableArguments {
    @OptionGroup var subscription: SubscriptionOptions

    @Option(help: ArgumentHelp("Where messages are published.", valueName: "host:port"))
    var publishAddress = "127.0.0.1:9081"

    @Option(help: ArgumentHelp("Path of a publish.", valueName: "template"))
    var publishPath = "/pub?id={channel}"

    var transport: Transport { self.subscription.transport }
    var json: Bool { self.subscription.json }

    func requireStream() throws { try self.subscription.requireStream() }

    func validate() throws {
        try SubscriptionOptions.check(self.publishPath, "--publish-path")
    }

    /// The same values, read and with defaults filled in.
    func target() throws -> Target {
        try self.subscription.target(publishAddress: self.publishAddress, path: self.publishPath)
    }
}

/// A server and one channel on it.
struct Target {
    let channel: String
    let subscribers: Endpoint
    let publishers: Endpoint
    let request: SubscribeRequest
    let publishPath: String
    let server: ServerProcesses?
    /// Nanoseconds.
    let timeout: Int64
    let progress = Progress()
}

extension Transport {
    static var allNames: String { self.allCases.map(\.rawValue).joined(separator: ", ") }

    /// As in this repository's nginx.conf.
    var defaultPath: String {
        switch self {
        case .eventsource: "/ev/{channel}"
        case .streaming: "/sub/{channel}"
        case .websocket: "/ws/{channel}"
        case .longpolling: "/lp/{channel}"
        }
    }
}
