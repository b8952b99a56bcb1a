import NIOCore
import PushStreamCore
import Synchronization

/// Owns the connections and subscribers of one event loop. Touched by that loop alone.
///
/// A publish reaches the loop once, through its mailbox; whatever one tick brings to a subscriber leaves in one flush.
final class LoopHub {
    /// Resolution of all timers, in milliseconds.
    static let tickLength = 100
    /// Deliveries of one tick whose memory is kept for the next.
    static let keptDeliveries = 256
    /// Writes to subscribers that a publisher's answer waits for; they take about 0.3 milliseconds.
    static let writesAhead = 64
    /// Channels that one tick's sweep looks at.
    private static let sweepBatch = 500

    let eventLoop: any EventLoop
    let index: Int
    let context: EngineContext
    let metrics: LoopMetrics
    let mailbox: ChannelStore.Mailbox
    /// As the store's, without its lock.
    private(set) var storeSettings: StoreSettings
    private(set) var lists: [ChannelToken: SubscriberList] = [:]
    private(set) var profiles = ProfileTable()
    private(set) var connections: [ConnectionHandler] = []
    /// Subscribers' sockets that have left NIO.
    private(set) var sockets = SocketTable()
    let watcher: SocketWatcher
    var resumes = ResumeTable()
    /// For reads of ``sockets``: what is read is handled before the next read.
    let readBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
    /// For the encrypted connections of this loop.
    private(set) lazy var tlsExchange = TLSExchange()
    /// Whether the engine stops.
    var isDraining = false
    private var wheel: TimerWheel<LoopTimed>
    private var timer: Scheduled<Void>?
    var clock = LoopClock()
    /// Milliseconds since 1970; read once per use of the loop, not per subscriber.
    private(set) var now: Int
    /// Milliseconds of the clock that nobody sets; read with ``now``.
    private var uptime: Int
    private var dateSecond = 0
    private var date = ""
    /// Memory for what a tick takes from ``mailbox``; empty between ticks.
    var incoming: [Delivery] = []
    /// Subscribers with writes of this tick that wait for the flush.
    private var unflushed: [Subscriber] = []
    /// Set while the engine stops; see ``drain(over:)``.
    var drained: EventLoopPromise<Void>?
    var drainDeadline: Scheduled<Void>?

    /// - Throws: ``EngineError`` if the system has no descriptors left.
    init(
        eventLoop: any EventLoop, index: Int, context: EngineContext, limits: Limits, mailbox: ChannelStore.Mailbox
    ) throws(EngineError) {
        watcher = try SocketWatcher()
        self.eventLoop = eventLoop
        self.index = index
        self.context = context
        self.limits = limits
        self.mailbox = mailbox
        metrics = context.loops[index]
        storeSettings = context.store.settings
        now = clock.wall()
        uptime = clock.steady()
        wheel = TimerWheel(startingAt: uptime / Self.tickLength)
        metrics.threadID.store(ProcessIdentity.threadID(), ordering: .relaxed)
    }

    deinit {
        readBuffer.deallocate()
    }

    /// Begins to watch sockets and timers. ``stop()`` must come before the hub goes.
    func start() {
        let (watcher, loop) = (watcher, eventLoop)
        let hub = NIOLoopBound(WeakHub(hub: self), eventLoop: eventLoop)
        watcher.start { events in
            loop.execute {
                hub.value.hub?.handle(events)
                watcher.confirm()
            }
        }
        startTimer()
    }

    /// Cuts off whoever is left and stops the timer and the watcher.
    func stop() {
        closeAll()
        stopTimer()
        watcher.stop()
    }

    /// Does something after what the loop is at.
    func later(_ body: @escaping (LoopHub) -> Void) {
        eventLoop.assumeIsolated().execute { [weak self] in
            if let self { body(self) }
        }
    }

    /// Does something when this many milliseconds have passed.
    func later(in milliseconds: Int64, _ body: @escaping (LoopHub) -> Void) {
        eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(milliseconds)) { [weak self] in
            if let self { body(self) }
        }
    }

    // MARK: Time

    /// The time of timers. It goes on evenly when the system's clock is set.
    var tick: Int { uptime / Self.tickLength }

    @discardableResult
    func updateTime() -> Int {
        now = clock.wall()
        uptime = clock.steady()
        return now
    }

    /// Value of `Date`, made once per second.
    var httpDate: String {
        if dateSecond != now / 1000 {
            dateSecond = now / 1000
            date = HTTPDate.format(dateSecond)
        }
        return date
    }

    func startTimer() {
        // A task that is due in the tick in which it is cancelled runs all the same, and this object may be gone by then.
        timer = eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(Self.tickLength))) { [weak self] in
            guard let self, self.timer != nil else { return }
            self.fireTimers()
            if self.timer != nil { self.startTimer() }
        }
    }

    func stopTimer() {
        timer?.cancel()
        timer = nil
    }

    func fireTimers() {
        updateTime()
        for timed in wheel.advance(to: tick) { timed.timerFired() }
        releasePublishers()
        // One loop does the store's housekeeping.
        guard index == 0 else { return }
        context.accessLogs.withLock { $0 }?.flush(now: now)
        try? context.store.withTable { $0.sweep(now: now, limit: Self.sweepBatch) }
    }

    /// Sets the only timer of a connection or subscriber. A deadline in the past fires with the next tick.
    func schedule(_ timed: LoopTimed, atTick deadline: Int) {
        if deadline == .max { wheel.cancel(timed) } else { wheel.schedule(timed, at: deadline) }
    }

    func schedule(_ timed: LoopTimed, inMilliseconds delay: Int) {
        let ticks = (delay + Self.tickLength - 1) / Self.tickLength
        schedule(timed, atTick: tick.addingReportingOverflow(max(1, ticks)).partialValue)
    }

    func cancelTimer(_ timed: LoopTimed) { wheel.cancel(timed) }

    // MARK: Connections

    /// What each loop bounds, as the configuration in force says.
    struct Limits: Sendable {
        /// `worker_connections`
        var connections: Int
        /// See ``EngineConfiguration/subscriberQueueSize``.
        var subscriberQueueSize: Int

        init(_ configuration: EngineConfiguration) {
            connections = configuration.process.connectionsPerLoop
            subscriberQueueSize = configuration.subscriberQueueSize
        }
    }

    var limits: Limits

    /// Open connections, those that have left NIO included.
    var connectionCount: Int { connections.count + sockets.count }

    func add(_ connection: ConnectionHandler) {
        connection.connectionIndex = connections.count
        connections.append(connection)
        metrics.connections.store(connectionCount, ordering: .relaxed)
    }

    /// Enters a socket that is not NIO's.
    ///
    /// - Returns: its token.
    func insert(_ socket: LoopSocket) -> UInt64 {
        let token = sockets.insert(socket)
        metrics.connections.store(connectionCount, ordering: .relaxed)
        return token
    }

    /// Forgets a socket that is closed or handed on.
    func remove(_ token: UInt64) {
        sockets.remove(token)
        metrics.connections.store(connectionCount, ordering: .relaxed)
        if connectionCount == 0 { finishDrain() }
    }

    private func handle(_ events: [SocketEvent]) {
        updateTime()
        for event in events { sockets[event.token]?.handle(event) }
    }

    func remove(_ connection: ConnectionHandler) {
        wheel.cancel(connection)
        let index = connection.connectionIndex
        guard connections.indices.contains(index), connections[index] === connection else { return }
        let last = connections.removeLast()
        if last !== connection {
            connections[index] = last
            last.connectionIndex = index
        }
        metrics.connections.store(connectionCount, ordering: .relaxed)
        if connectionCount == 0 { finishDrain() }
    }

    // MARK: Subscribers

    func profile(_ key: SubscriberProfile.Key) -> SubscriberProfile {
        profiles.profile(key, pingText: storeSettings.pingText)
    }

    /// A reload has changed what listeners mean: what begins from now on meets the new configuration.
    func configurationChanged(_ limits: Limits) {
        updateTime()
        self.limits = limits
        storeSettings = context.store.settings
        profiles.sweep()
        for connection in connections { connection.configurationChanged() }
        for socket in sockets.all { socket.configurationChanged() }
    }

    func enter(_ subscriber: Subscriber, channels: [(ChannelToken, ChannelName)]) {
        for (token, name) in channels {
            let list = lists[token] ?? SubscriberList(channel: token, name: name)
            lists[token] = list
            list.append(subscriber)
        }
        subscriber.profile.users += 1
        metrics.countSubscriber(subscriber.profile.key.mode, by: 1)
    }

    /// Takes a subscriber out of every list, and out of the store's counts. Its link lives on.
    func leave(_ subscriber: Subscriber, reason: DisconnectReason) {
        subscriber.isActive = false
        logDisconnect(subscriber, reason)
        resumes.remove(subscriber)
        wheel.cancel(subscriber)
        if let end = subscriber.end { conclude(end, of: subscriber) }
        let tokens = subscriber.subscriptions.map(\.list.channel)
        for subscription in subscriber.subscriptions { drop(subscription) }
        subscriber.subscriptions = []
        subscriber.profile.users -= 1
        metrics.countSubscriber(subscriber.profile.key.mode, by: -1)
        metrics.countDisconnect(reason)
        try? context.store.withTable { $0.unsubscribe(tokens, loop: index, now: now) }
    }

    /// Adds what went to the whole list of a subscriber's channel, and writes the log's lines.
    private func conclude(_ end: SubscriberEnd, of subscriber: Subscriber) {
        if end.isLogged {
            if !subscriber.needsOrder, let list = subscriber.subscriptions.first?.list {
                end.outcome.bytes += list.sentBytes(to: subscriber.profile) - end.listBytes
            }
            end.outcome.bytes = max(0, end.outcome.bytes - subscriber.link.unsentBytes)
        }
        end.conclude(now: updateTime())
        subscriber.end = nil
    }

    /// Takes a subscriber out of one list, and forgets the list if it was the last.
    func drop(_ subscription: Subscription) {
        let list = subscription.list
        list.remove(at: Int(subscription.index))
        if list.entries.isEmpty { lists[list.channel] = nil }
    }

    /// Enters a list again that was dropped for want of others.
    func restore(_ list: SubscriberList) { lists[list.channel] = list }

    // MARK: Flushing

    func needsFlush(_ subscriber: Subscriber) {
        unflushed.append(subscriber)
    }

    func flush() {
        let subscribers = unflushed
        unflushed.removeAll(keepingCapacity: true)
        for subscriber in subscribers where subscriber.isActive { subscriber.link.flush() }
    }
}

/// Lets the watcher's thread name a hub that may be gone when its events arrive.
private struct WeakHub {
    weak var hub: LoopHub?
}
