import Dispatch
import NIOCore
import PushStreamCore
import Synchronization

/// What a reload did.
public struct ReloadResult: Sendable {
    /// Addresses that are new; a port 0 has become the real one.
    public var opened: [SocketAddress]
    /// What has changed but holds only after a restart, as in the configuration: `worker_processes`, or a `listen` option.
    public var needsRestart: [String]
}

extension PushStreamEngine {
    /// Lets another configuration hold from now on.
    ///
    /// Whatever can fail comes first: log files are opened, certificates read and new addresses bound. Then all of it is applied. A request that has begun
    /// ends as it began, and so does a subscriber; the connection's next request meets the new configuration. An address that the
    /// configuration still has keeps its socket, so no client finds it closed; one that it no longer has is closed, and its connections
    /// end with the request at hand. Channels and messages stay.
    ///
    /// - Throws: ``EngineError``; nothing has changed then.
    @discardableResult
    public func reload(_ configuration: EngineConfiguration) async throws(EngineError) -> ReloadResult {
        guard gate.enter() else { throw .reloading }
        defer { gate.leave() }
        guard let running = running.withLock({ $0 }) else { throw .notRunning }
        do throws(EngineError) {
            let change = try await prepare(configuration, for: running)
            try await commit(change)
            await apply(configuration, change, to: running)
            running.context.countReload(succeeded: true)
            var needsRestart = change.needsRestart
            if max(1, configuration.process.eventLoops) != running.loops.count { needsRestart.insert("worker_processes", at: 0) }
            return ReloadResult(
                opened: change.opened.compactMap { change.listeners[$0].localAddress }, needsRestart: needsRestart)
        } catch {
            running.context.countReload(succeeded: false)
            throw error
        }
    }

    /// Notes for the metrics that a new configuration could not even be read.
    public func refuseConfiguration() {
        running.withLock { $0?.context.countReload(succeeded: false) }
    }

    /// What another configuration changes of the listeners: open and bound, but nobody has met it yet.
    struct Change {
        /// All addresses in the order of the configuration.
        var listeners: [Listener] = []
        var addresses: [ListenAddress] = []
        /// What each of ``listeners`` is to mean.
        var contexts: [ListenerContext] = []
        /// Indices of those of ``listeners`` that were bound for it.
        var opened: [Int] = []
        /// Listeners that the configuration no longer has.
        var closed: [Listener] = []
        var needsRestart: [String] = []
        var logs: AccessLogs
        var zones: [ConnectionZone]

        func accept() {
            for index in opened { listeners[index].accept() }
        }

        func abandon() async {
            for index in opened { await listeners[index].close() }
        }
    }

    /// Does everything that can fail.
    func prepare(_ configuration: EngineConfiguration, for running: Running) async throws(EngineError) -> Change {
        let (logs, plans) = try await Self.openFiles(configuration, after: running.context.accessLogs.withLock { $0 })
        var change = Change(logs: logs, zones: configuration.zones)
        if plans.isEmpty { throw .noListener }
        do throws(EngineError) {
            for (address, context) in plans {
                if let known = running.listeners.first(where: { $0.address.kind == address.kind }) {
                    change.listeners.append(known)
                    if known.address.reusePort != address.reusePort {
                        change.needsRestart.append("listen \(address.name) reuseport")
                    }
                    if known.address.ipv6Only != address.ipv6Only {
                        change.needsRestart.append("listen \(address.name) ipv6only")
                    }
                } else {
                    let listener = try await Listener.bind(
                        address, context, group: running.group, loops: running.loops, log: running.context.log)
                    change.opened.append(change.listeners.count)
                    change.listeners.append(listener)
                }
                change.addresses.append(address)
                change.contexts.append(context)
            }
        } catch {
            await change.abandon()
            throw error
        }
        let kinds = Set(plans.map(\.0.kind))
        for zone in change.zones {
            for older in running.zones { zone.continue(older) }
        }
        change.closed = running.listeners.filter { !kinds.contains($0.address.kind) }
        return change
    }

    /// Makes the engine the owner of the new listeners, unless it was shut down meanwhile.
    private func commit(_ change: Change) async throws(EngineError) {
        let isRunning = running.withLock { state in
            guard var running = state else { return false }
            install(change, in: &running)
            state = running
            return true
        }
        if isRunning { return }
        await change.abandon()
        throw .notRunning
    }

    private func apply(_ configuration: EngineConfiguration, _ change: Change, to running: Running) async {
        running.context.store.apply(configuration.store, now: ProcessIdentity.now())
        for (index, place) in running.loops.enumerated() {
            try? await place.loop.submit {
                for (listener, context) in zip(change.listeners, change.contexts) {
                    listener.places[index].value.current = context
                }
                for listener in change.closed { listener.places[index].value.isClosed = true }
                place.box.value?.configurationChanged(LoopHub.Limits(configuration))
            }.get()
        }
        change.accept()
        for index in change.listeners.indices where !change.opened.contains(index) {
            await change.listeners[index].adopt(change.addresses[index], change.contexts[index])
        }
        for listener in change.closed { await listener.close() }
    }

    /// Opens logs and reads certificates, on a thread of its own: a file system that hangs must not keep signals from being obeyed.
    private static func openFiles(
        _ configuration: EngineConfiguration, after earlier: AccessLogs?
    ) async throws(EngineError) -> (AccessLogs, [(ListenAddress, ListenerContext)]) {
        let result = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    returning: Result { () throws(EngineError) in
                        let logs: AccessLogs
                        do throws(LogFileError) {
                            logs = try AccessLogs(configuration.accessLogs, after: earlier)
                        } catch {
                            throw .cannotOpenLog(error)
                        }
                        return (logs, try listenerContexts(configuration, logs))
                    })
            }
        }
        return try result.get()
    }

    /// Groups the servers by address; the one that says `default_server`, or else the first, gets what no name matches.
    private static func listenerContexts(
        _ configuration: EngineConfiguration, _ logs: AccessLogs
    ) throws(EngineError) -> [(ListenAddress, ListenerContext)] {
        var order: [ListenAddress.Kind] = []
        var groups: [ListenAddress.Kind: (listen: ListenAddress, servers: [ServerSettings], defaultIndex: Int, isTLS: Bool)] = [:]
        for server in configuration.servers {
            for listen in server.listens {
                var group = groups[listen.kind] ?? (listen, [], 0, false)
                if group.servers.isEmpty { order.append(listen.kind) }
                if listen.isDefault {
                    group.defaultIndex = group.servers.count
                    group.listen = listen
                }
                group.isTLS = group.isTLS || listen.isTLS
                group.servers.append(server)
                groups[listen.kind] = group
            }
        }
        var result: [(ListenAddress, ListenerContext)] = []
        for kind in order {
            guard let group = groups[kind] else { continue }
            let context = try ListenerContext(
                servers: group.servers, defaultIndex: group.defaultIndex, isTLS: group.isTLS, logs: logs)
            result.append((group.listen, context))
        }
        return result
    }
}
