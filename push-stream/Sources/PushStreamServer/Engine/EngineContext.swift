import NginxConf
import PushStreamCore
import Synchronization

/// What all event loops of an engine share.
final class EngineContext: Sendable {
    let store: ChannelStore
    let log: ErrorLog
    let throttle = LogThrottle()
    let loops: [LoopMetrics]
    /// A new random one at each start: push-agent compares it to learn that the history is gone.
    let instance: String
    let hostname: String
    /// Whether new subscribers are wanted; false while the engine drains.
    let isReady = Atomic<Bool>(false)
    /// Of the configuration that holds.
    let accessLogs = Mutex<AccessLogs?>(nil)
    /// Numbers the connections.
    let connectionCounter = Atomic<Int>(0)
    private let reloads = Mutex((succeeded: true, configurationTime: ProcessIdentity.now() / 1000))

    init(store: ChannelStore, log: ErrorLog, loops: [LoopMetrics]) {
        self.store = store
        self.log = log
        self.loops = loops
        let random = (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }
        instance = random.map { String(repeating: "0", count: 16 - $0.count) + $0 }.joined()
        hostname = ProcessIdentity.hostname()
    }

    func metrics() -> EngineMetrics {
        var total = EngineMetrics()
        for loop in loops { loop.add(to: &total) }
        (total.lastReloadSucceeded, total.configurationTime) = reloads.withLock { $0 }
        return total
    }

    /// Notes for the metrics what became of a new configuration.
    func countReload(succeeded: Bool) {
        reloads.withLock { reloads in
            reloads.succeeded = succeeded
            if succeeded { reloads.configurationTime = ProcessIdentity.now() / 1000 }
        }
    }
}

/// One `server` block while it serves. A class, so that each request refers to the settings instead of copying them.
final class ServerContext: Sendable {
    let settings: ServerSettings
    let logs: AccessLogs

    init(_ settings: ServerSettings, _ logs: AccessLogs) {
        self.settings = settings
        self.logs = logs
    }
}

/// The servers that share one listening address.
final class ListenerContext: Sendable {
    private let servers: [ServerContext]
    /// What applies before a request has named a host.
    let defaultServer: ServerContext
    private let names: ServerNameTable<Int>

    init(servers: [ServerSettings], defaultIndex: Int, logs: AccessLogs) {
        let contexts = servers.map { ServerContext($0, logs) }
        self.servers = contexts
        defaultServer = contexts[defaultIndex]
        var names = ServerNameTable<Int>()
        for (index, server) in servers.enumerated() {
            // Of equal names the first counts; the configuration's reader has warned.
            for pattern in server.namePatterns { _ = names.insert(pattern, index) }
        }
        self.names = names
    }

    /// Chooses by `Host` in Nginx's order, else the default server.
    func server(of head: RequestHead) -> ServerContext {
        servers.count > 1 ? names.match(head.host).map { servers[$0.payload] } ?? defaultServer : defaultServer
    }
}
