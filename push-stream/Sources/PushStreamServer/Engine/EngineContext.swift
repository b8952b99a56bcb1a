import NginxConf
import PushStreamCore
import Synchronization

/// What all event loops of an engine share.
final class EngineContext: Sendable {
    let store: ChannelStore
    let log: ErrorLog
    let loops: [LoopMetrics]
    /// A new random one at each start: push-agent compares it to learn that the history is gone.
    let instance: String
    let hostname: String
    /// Whether new subscribers are wanted; false while the engine drains.
    let isReady = Atomic<Bool>(false)
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
    let accessLog: LogFile?

    /// - Throws: `LogFileError` for an access log that cannot be opened.
    init(_ settings: ServerSettings) throws(LogFileError) {
        self.settings = settings
        accessLog = settings.accessLog == .off ? nil : try LogFile(settings.accessLog)
    }
}

/// The servers that share one listening address.
final class ListenerContext: Sendable {
    private let servers: [ServerContext]
    /// What applies before a request has named a host.
    let defaultServer: ServerContext
    private let names: ServerNameTable<Int>

    /// - Throws: `LogFileError` for an access log that cannot be opened.
    init(servers: [ServerSettings], defaultIndex: Int) throws(LogFileError) {
        var contexts: [ServerContext] = []
        for server in servers { contexts.append(try ServerContext(server)) }
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

    /// See ``LogFile/handOver(to:)``.
    func handOverLogs(to user: ProcessUser) {
        for server in servers { server.accessLog?.handOver(to: user) }
    }

    /// For `-s reopen`.
    func reopenLogs() throws(LogFileError) {
        for server in servers { try server.accessLog?.reopen() }
    }
}
