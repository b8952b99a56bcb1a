import CEpoll
import Dispatch
import Glibc
import NIOCore
import PushStreamCore
import PushSystem
import Synchronization

/// A connection that was just accepted.
struct AcceptedConnection: Sendable {
    /// Non-blocking, and not inherited by programs that are started.
    var descriptor: Int32
    /// nil for a client on a `unix:` address.
    var remote: SocketAddress?
}

/// Accepts the connections of one listening address, on a thread of its own, and hands them to the event loops in turn.
///
/// Not NIO's acceptor, which makes a channel with pipeline and buffers of each connection: most connections of a push server become
/// streams with their first request, and then all of that was made for nothing. One batch is on its way at most, so while the loops
/// are busy connections wait in the backlog of the system.
final class Acceptor: Sendable {
    /// Connections of one batch.
    private static let batch = 64
    /// Milliseconds that pass before the next attempt when the system has no descriptors or memory left.
    private static let pause: Int32 = 500

    private let descriptor: Int32
    private let stopEvent: Int32
    private let loops: [LoopPlace]
    private let listeners: [NIOLoopBoundBox<LoopListener>]
    private let log: ErrorLog
    private let taken = DispatchSemaphore(value: 0)
    /// Whether it was started, or stopped before that.
    private let isDecided = Atomic(false)
    private let ended = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - socket: a bound one; the acceptor has its own descriptor of it.
    ///   - listeners: what the address means, for each of `loops`.
    /// - Throws: ``EngineError`` if the system has no descriptors left.
    init(
        _ socket: Int32, loops: [LoopPlace], listeners: [NIOLoopBoundBox<LoopListener>], log: ErrorLog
    ) throws(EngineError) {
        guard let copy = SocketCalls.duplicate(socket) else { throw .system(call: "fcntl", code: errno) }
        descriptor = copy
        stopEvent = eventfd(0, Int32(EFD_CLOEXEC))
        guard stopEvent >= 0 else {
            let code = errno
            close(copy)
            throw .system(call: "eventfd", code: code)
        }
        self.loops = loops
        self.listeners = listeners
        self.log = log
    }

    deinit {
        close(stopEvent)
    }

    /// Begins to accept.
    ///
    /// - Returns: false if it has begun before, or was stopped.
    @discardableResult
    func start() -> Bool {
        if isDecided.exchange(true, ordering: .relaxed) { return false }
        SystemThread.start(name: "acceptor", stackSize: 256 * 1024) { [self] in
            run()
            ended.signal()
        }
        return true
    }

    /// Ends the thread, waits for it, and gives the socket up. Call it once. A start that comes later does nothing.
    func stop() {
        if isDecided.exchange(true, ordering: .relaxed) {
            var one: UInt64 = 1
            _ = write(stopEvent, &one, 8)
            ended.wait()
        }
        close(descriptor)
    }

    private func run() {
        var next = 0
        var isShort = false
        while wait(isShort) {
            let (accepted, failure) = accept()
            isShort = failure != nil
            if let failure {
                // As nginx: the connections wait until others have ended.
                log.log(.crit, "accept4() failed (\(failure): \(String(cString: strerror(failure))))")
            }
            if accepted.isEmpty { continue }
            var shares = [[AcceptedConnection]](repeating: [], count: loops.count)
            for connection in accepted {
                shares[next].append(connection)
                next = (next + 1) % loops.count
            }
            let busy = shares.indices.filter { !shares[$0].isEmpty }
            for index in busy { hand(shares[index], to: index) }
            for _ in busy { taken.wait() }
        }
    }

    /// - Parameter isShort: whether the system lacks something, so that waiting clients are left alone for a while.
    /// - Returns: false if the acceptor ends.
    private func wait(_ isShort: Bool) -> Bool {
        var events = [
            pollfd(fd: stopEvent, events: Int16(POLLIN), revents: 0), pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        // A signal only means to look again.
        _ = poll(&events, isShort ? 1 : 2, isShort ? Self.pause : -1)
        return events[0].revents == 0
    }

    private func hand(_ connections: [AcceptedConnection], to index: Int) {
        let (box, listener) = (loops[index].box, listeners[index])
        loops[index].loop.execute { [taken] in
            if let hub = box.value {
                hub.open(connections, listener.value)
            } else {
                for connection in connections { close(connection.descriptor) }
            }
            taken.signal()
        }
    }

    /// - Returns: what waited, and the error code if the system could give no more.
    private func accept() -> (connections: [AcceptedConnection], failure: Int32?) {
        var connections: [AcceptedConnection] = []
        while connections.count < Self.batch {
            switch SocketCalls.accept(descriptor) {
            case .connection(let connection): connections.append(connection)
            case .nothing: return (connections, nil)
            case .failure(let code): return (connections, code)
            }
        }
        return (connections, nil)
    }
}
