import PushStreamCore
import Synchronization

/// What all event loops of an engine share.
final class EngineContext: Sendable {
    let configuration: EngineConfiguration
    let store: ChannelStore
    let log: ErrorLog
    let loops: [LoopMetrics]
    /// A new random one at each start: push-agent compares it to learn that the history is gone.
    let instance: String
    let hostname: String
    /// Whether new subscribers are wanted; false while the engine drains.
    let isReady = Atomic<Bool>(false)
    /// Bytes that may wait for a subscriber that does not read; when more is due after that, it is disconnected.
    let outputLimit: Int

    init(configuration: EngineConfiguration, store: ChannelStore, log: ErrorLog, loops: [LoopMetrics], outputLimit: Int) {
        self.configuration = configuration
        self.store = store
        self.log = log
        self.loops = loops
        self.outputLimit = outputLimit
        let random = (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }
        instance = random.map { String(repeating: "0", count: 16 - $0.count) + $0 }.joined()
        hostname = ProcessIdentity.hostname()
    }

    func metrics() -> EngineMetrics {
        var total = EngineMetrics()
        for loop in loops { loop.add(to: &total) }
        return total
    }
}

/// The servers that share one listening address, and its access logs.
final class ListenerContext: Sendable {
    private let servers: [ServerSettings]
    private let logs: [LogFile?]
    private let defaultIndex: Int

    /// - Throws: `LogFileError` for an access log that cannot be opened.
    init(servers: [ServerSettings], defaultIndex: Int) throws(LogFileError) {
        self.servers = servers
        self.defaultIndex = defaultIndex
        var logs: [LogFile?] = []
        for server in servers { logs.append(server.accessLog == .off ? nil : try LogFile(server.accessLog)) }
        self.logs = logs
    }

    /// What applies before a request has named a host.
    var defaultServer: ServerSettings { servers[defaultIndex] }

    /// Chooses by `Host`: an exact name, then `*.example.org`, then `www.example.*`, then the default server.
    func server(host: String) -> (settings: ServerSettings, log: LogFile?) {
        var index = defaultIndex
        if servers.count > 1 {
            index =
                servers.firstIndex { $0.names.contains(host) }
                ?? servers.firstIndex { $0.names.contains { $0.hasPrefix("*.") && host.hasSuffix($0.dropFirst(1)) } }
                ?? servers.firstIndex { $0.names.contains { $0.hasSuffix(".*") && host.hasPrefix($0.dropLast(1)) } }
                ?? defaultIndex
        }
        return (servers[index], logs[index])
    }

    /// For `-s reopen`.
    func reopenLogs() throws(LogFileError) {
        for log in logs { try log?.reopen() }
    }
}
