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
    /// nil for a server without certificates.
    let tls: TLSContext?

    /// Reads the certificates.
    ///
    /// - Throws: ``EngineError`` for one that cannot be used.
    init(_ settings: ServerSettings, _ logs: AccessLogs) throws(EngineError) {
        self.settings = settings
        self.logs = logs
        do throws(TLSError) {
            tls = if let tls = settings.tls { try TLSContext(tls) } else { nil }
        } catch {
            throw .cannotEncrypt(error)
        }
    }
}

/// The servers that share one listening address.
final class ListenerContext: Sendable {
    private let servers: [ServerContext]
    /// What applies before a request has named a host.
    let defaultServer: ServerContext
    private let names: ServerNameTable<Int>
    /// Whether clients encrypt.
    let isTLS: Bool

    /// - Throws: ``EngineError`` for a certificate that cannot be used.
    init(servers: [ServerSettings], defaultIndex: Int, isTLS: Bool, logs: AccessLogs) throws(EngineError) {
        var contexts: [ServerContext] = []
        for server in servers { contexts.append(try ServerContext(server, logs)) }
        self.servers = contexts
        defaultServer = contexts[defaultIndex]
        var names = ServerNameTable<Int>()
        for (index, server) in servers.enumerated() {
            // Of equal names the first counts; the configuration's reader has warned.
            for pattern in server.namePatterns { _ = names.insert(pattern, index) }
        }
        self.names = names
        self.isTLS = isTLS
        if isTLS { defaultServer.tls?.chooseServers(of: self) }
    }

    /// Chooses by `Host` in Nginx's order, else the default server.
    func server(of head: RequestHead) -> ServerContext {
        servers.count > 1 ? server(named: head.host) : defaultServer
    }

    /// - Parameter name: lower case, without port and trailing dot.
    func server(named name: String) -> ServerContext {
        names.match(name).map { servers[$0.payload] } ?? defaultServer
    }
}
