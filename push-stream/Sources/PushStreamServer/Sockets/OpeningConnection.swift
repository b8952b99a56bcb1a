import NIOCore
import PushStreamCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A connection whose client has not sent its first request yet.
///
/// If that asks for a stream, as most do, the connection goes on as a ``SubscriberSocket`` and never is NIO's. Any other goes to NIO with
/// what its client has sent.
final class OpeningConnection: LoopSocket {
    /// The client speaks in time or goes. An object of its own, because few clients let anybody wait.
    private final class Deadline: LoopTimed {
        weak var connection: OpeningConnection?

        init(_ connection: OpeningConnection) {
            self.connection = connection
        }

        override func timerFired() { connection?.timedOut() }
    }

    private unowned let hub: LoopHub
    private let listener: LoopListener
    private let accepted: AcceptedConnection
    let identity: ConnectionIdentity
    private var token: UInt64 = 0
    private var deadline: Deadline?
    private var isWatched = false
    /// Whether the descriptor is somebody else's by now.
    private var isGone = false

    init(hub: LoopHub, listener: LoopListener, _ accepted: AcceptedConnection) {
        self.hub = hub
        self.listener = listener
        self.accepted = accepted
        identity = hub.nextIdentity()
        super.init()
        token = hub.insert(self)
    }

    var addresses: ConnectionAddresses {
        ConnectionAddresses(remote: accepted.remote, local: SocketCalls.localAddress(of: accepted.descriptor))
    }

    /// Serves a client that has spoken already, and waits for one that has not.
    func begin() {
        if read() { return }
        let deadline = Deadline(self)
        self.deadline = deadline
        hub.schedule(deadline, inMilliseconds: listener.current.defaultServer.settings.headerTimeout)
        isWatched = hub.watcher.watch(accepted.descriptor, token: token)
        if !isWatched { lost() }
    }

    override func handle(_ event: SocketEvent) {
        if event.isReadable { _ = read() }
    }

    /// - Returns: false if there was nothing.
    private func read() -> Bool {
        switch SocketCalls.receive(accepted.descriptor, into: hub.readBuffer) {
        case .nothing: return false
        case .end: lost()
        case .bytes(let count): receive(UnsafeRawBufferPointer(rebasing: hub.readBuffer[..<count]))
        }
        return true
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        let head = PendingHead(listener.current)
        let (consumed, outcome) = head.reader.read(bytes)
        if case .head(let request) = outcome {
            let handler = ConnectionHandler(hub: hub, listener: listener, opening: self)
            let rest = ByteBuffer(bytes: UnsafeRawBufferPointer(rebasing: bytes[consumed...]))
            switch handler.serveStream(request, head, rest: rest) {
            case .isNone: break
            case .began: return
            case .ended(let resumed): return adopt(resumed)
            }
        }
        adopt(
            ConnectionHandler.Resumed(
                requests: 0, keepAliveTime: listener.current.defaultServer.settings.headerTimeout, identity: identity,
                ahead: ByteBuffer(bytes: bytes)
            ))
    }

    // MARK: Ending

    /// The connection goes on as a subscriber's.
    func handOver(requests: Int) -> SubscriberSocket {
        leave()
        return SubscriberSocket(
            hub: hub, listener: listener, descriptor: accepted.descriptor, requests: requests, identity: identity,
            isWatched: isWatched)
    }

    private func adopt(_ resumed: ConnectionHandler.Resumed) {
        if isWatched { hub.watcher.unwatch(accepted.descriptor) }
        leave()
        hub.adopt(accepted.descriptor, listener: listener, resumed)
    }

    private func timedOut() {
        hub.context.log.log(.info, "client timed out (110: Connection timed out) while waiting for request", addresses)
        lost()
    }

    override func drain(within delay: Int) { lost() }

    override func configurationChanged() {
        if listener.isClosed { lost() }
    }

    override func lost() {
        if isGone { return }
        close(accepted.descriptor)
        leave()
    }

    private func leave() {
        isGone = true
        if let deadline { hub.cancelTimer(deadline) }
        hub.remove(token)
    }
}

extension LoopHub {
    /// Lets NIO read the handshake and the requests of an encrypted connection. Its streams leave NIO again.
    private func shakeHands(_ connection: AcceptedConnection, _ listener: LoopListener) {
        adopt(
            connection.descriptor, listener: listener,
            ConnectionHandler.Resumed(
                requests: 0, keepAliveTime: listener.current.defaultServer.settings.headerTimeout,
                identity: nextIdentity(), tls: TLSHandler(hub: self, listener: listener)))
    }

    fileprivate func nextIdentity() -> ConnectionIdentity {
        let serial = context.connectionCounter.wrappingAdd(1, ordering: .relaxed).newValue
        return ConnectionIdentity(serial: UInt32(truncatingIfNeeded: serial), started: now)
    }

    /// Takes connections that were accepted.
    func open(_ connections: [AcceptedConnection], _ listener: LoopListener) {
        updateTime()
        for connection in connections {
            metrics.accepted.wrappingAdd(1, ordering: .relaxed)
            if isDraining || listener.isClosed {
                close(connection.descriptor)
            } else if connectionCount >= limits.connections {
                metrics.refused.wrappingAdd(1, ordering: .relaxed)
                logConnectionsNotEnough(connection.remote)
                close(connection.descriptor)
            } else {
                if listener.current.isTLS {
                    shakeHands(connection, listener)
                } else {
                    OpeningConnection(hub: self, listener: listener, connection).begin()
                }
            }
        }
    }
}
