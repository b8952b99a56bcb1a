import NIOCore
import PushStreamCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The socket of a subscriber that has left NIO: a stream needs no pipeline, no request parser and no buffers while it waits, so all
/// that stays is a descriptor and, when the client is slow, what it has not taken. The loop writes to it directly.
final class SubscriberSocket: LoopSocket, SubscriberLink {
    /// Reads of one event before others get their turn.
    private static let readsPerTurn = 16
    /// Bytes of one tick that are gathered at most before they are written.
    private static let gatheredLimit = 64 * 1024

    private unowned let hub: LoopHub
    private let listener: LoopListener
    private let descriptor: Int32
    /// nil if the connection is not encrypted.
    private let tls: TLSSession?
    /// Requests that this connection has carried.
    private let requests: Int32
    /// When the connection began, in milliseconds since 1970.
    private let started: Int
    private(set) var token: UInt64 = 0
    /// Kept alive by the socket; nil before ``serve(_:)``.
    private var subscriber: Subscriber?
    private var queue: OutputQueue?
    /// Writes of one tick that leave together.
    private var gathered: ByteBuffer?
    /// Sent ahead by the client: its next request.
    private var ahead: ByteBuffer?
    private var isEnding = false
    /// Whether a publisher waits for event loops that lag behind.
    private var isPaused = false
    /// The connection's number; here, where it fills a gap.
    private let serial: UInt32

    /// Whether the watcher knows the descriptor by an earlier token.
    private let isWatched: Bool

    /// Takes over the descriptor.
    init(
        hub: LoopHub, listener: LoopListener, descriptor: Int32, tls: TLSSession? = nil, requests: Int,
        identity: ConnectionIdentity, isWatched: Bool = false
    ) {
        self.hub = hub
        self.listener = listener
        self.descriptor = descriptor
        self.tls = tls
        self.requests = Int32(clamping: requests)
        self.isWatched = isWatched
        (started, serial) = (identity.started, identity.serial)
        super.init()
        token = hub.insert(self)
    }

    /// Sends what comes before the first message, and begins to watch the client.
    func serve(_ subscriber: Subscriber, opening: ByteBuffer) {
        self.subscriber = subscriber
        // Watched before the first write, which may be more than the socket takes.
        let isKnown =
            isWatched ? hub.watcher.rename(descriptor, token: token) : hub.watcher.watch(descriptor, token: token)
        guard isKnown else { return subscriber.disconnect(.clientClosed) }
        write(opening)
    }

    // MARK: Writing

    /// Encrypted bytes are different for each client.
    var directDescriptor: Int32 { queue == nil && tls == nil ? descriptor : -1 }
    var isListening: Bool { !listener.isClosed }

    var unsentBytes: Int { (queue?.count ?? 0) + (gathered?.readableBytes ?? 0) }
    var clientAddress: String { SocketCalls.remoteAddress(of: descriptor)?.ipAddress ?? "unix:" }

    func send(_ buffer: ByteBuffer) -> Bool {
        if let queue, queue.count > hub.limits.subscriberQueueSize { return false }
        if subscriber?.needsOrder == true {
            if gathered == nil {
                gathered = buffer
                if let subscriber { hub.needsFlush(subscriber) }
            } else {
                gathered?.writeImmutableBuffer(buffer)
            }
            // What waits in the queue is bounded, and this is to be as well.
            if let gathered, gathered.readableBytes >= Self.gatheredLimit { flush() }
        } else {
            write(buffer)
        }
        return true
    }

    func flush() {
        guard let buffer = gathered else { return }
        gathered = nil
        write(buffer)
    }

    /// Encrypts if that is due, and writes.
    private func write(_ buffer: ByteBuffer) {
        guard let tls else { return writeRaw(buffer) }
        if let sealed = tls.seal(buffer) { writeRaw(sealed) } else { lost() }
    }

    /// Writes, and keeps what the socket does not take.
    private func writeRaw(_ buffer: ByteBuffer) {
        if queue != nil {
            queue?.append(buffer)
            return
        }
        switch buffer.withUnsafeReadableBytes({ SocketCalls.send(descriptor, $0) }) {
        case .sent(let count): keep(buffer, after: count)
        case .broken: lost()
        }
    }

    /// Keeps the part of a buffer that the socket has not taken.
    func keep(_ buffer: ByteBuffer, after count: Int) {
        guard count < buffer.readableBytes else { return }
        var rest = buffer
        rest.moveReaderIndex(forwardBy: count)
        var queue = OutputQueue()
        queue.append(rest)
        self.queue = queue
        setDirect(false)
        hub.watcher.awaitRoom(descriptor, token: token)
    }

    /// Whether messages may be written past the queue.
    private func setDirect(_ isDirect: Bool) {
        guard tls == nil, let subscriber, !subscriber.needsOrder, let place = subscriber.subscriptions.first else { return }
        place.list.setDescriptor(isDirect ? descriptor : -1, at: Int(place.index))
    }

    private func drain() {
        guard queue != nil else { return }
        guard queue?.write(to: descriptor) == true else { return lost() }
        if queue?.isEmpty == true {
            queue = nil
            if isEnding { return end() }
            setDirect(true)
        } else {
            hub.watcher.awaitRoom(descriptor, token: token)
            if isEnding { awaitClient() }
        }
    }

    /// Gives the client `send_timeout` to take more of the last bytes.
    private func awaitClient() {
        guard let subscriber else { return }
        let timeout = listener.current.defaultServer.settings.fallback.settings.sendTimeout
        hub.schedule(subscriber, inMilliseconds: timeout)
    }

    // MARK: Reading

    override func handle(_ event: SocketEvent) {
        if event.isWritable { drain() }
        if event.isReadable { read() }
    }

    private func read() {
        for _ in 0..<Self.readsPerTurn {
            guard hub.sockets[token] === self, !isEnding, !isPaused else { return }
            if subscriber?.profile.key.publishes == true, hub.context.store.isCongested { return pauseForBacklog() }
            switch SocketCalls.receive(descriptor, into: hub.readBuffer) {
            case .nothing: return
            case .end: return lost()
            case .bytes(let count):
                let bytes = UnsafeRawBufferPointer(rebasing: hub.readBuffer[..<count])
                if let tls { decrypt(bytes, tls) } else { receive(bytes) }
            }
        }
        // Told once, so the rest of it must be asked for.
        let token = token
        hub.later { hub in (hub.sockets[token] as? SubscriberSocket)?.read() }
    }

    /// Lets event loops catch up before more is published over this connection.
    private func pauseForBacklog() {
        isPaused = true
        let token = token
        hub.later(in: ConnectionHandler.backlogPause) { hub in
            guard let socket = hub.sockets[token] as? SubscriberSocket else { return }
            socket.isPaused = false
            socket.read()
        }
    }

    private func decrypt(_ bytes: UnsafeRawBufferPointer, _ tls: TLSSession) {
        var plaintext = ByteBuffer()
        let outcome = tls.open(bytes, into: &plaintext)
        let answer = tls.takeOutput()
        if answer.readableBytes > 0 { writeRaw(answer) }
        plaintext.withUnsafeReadableBytes { receive($0) }
        if case .open = outcome {} else { lost() }
    }

    /// Bytes of the client that arrived with or after its request.
    func receive(_ bytes: UnsafeRawBufferPointer) {
        guard let subscriber, subscriber.isActive, !bytes.isEmpty else { return }
        if subscriber.profile.key.mode == .webSocket { return subscriber.receiveFrames(bytes) }
        guard (ahead?.readableBytes ?? 0) + bytes.count <= ConnectionHandler.pendingLimit else {
            return subscriber.disconnect(.protocolError)
        }
        if ahead == nil { ahead = ByteBuffer() }
        ahead?.writeBytes(bytes)
    }

    /// The client is gone.
    override func lost() {
        if let subscriber, subscriber.isActive { hub.leave(subscriber, reason: .clientClosed) }
        drop()
    }

    // MARK: Ending

    func finish(_ rest: ByteBuffer, keepAliveTime: Int) {
        if gathered != nil {
            let last = gathered
            gathered = nil
            if let last { write(last) }
        }
        guard hub.sockets[token] === self else { return }
        write(rest)
        if keepAliveTime == 0, let tls, hub.sockets[token] === self { writeRaw(tls.goodbye()) }
        guard hub.sockets[token] === self else { return }
        if queue != nil {
            isEnding = true
            awaitClient()
        } else if keepAliveTime > 0 {
            returnToNIO(keepAliveTime: keepAliveTime)
        } else {
            end()
        }
    }

    /// Closes after what was written. Unread bytes would turn the end into a reset that overtakes the last bytes.
    private func end() {
        _ = SocketCalls.receive(descriptor, into: hub.readBuffer)
        drop()
    }

    func drop() {
        guard hub.sockets[token] === self else { return }
        close(descriptor)
        forget()
    }

    func reset() {
        SocketCalls.resetOnClose(descriptor)
        drop()
    }

    /// Ends the subscriber within `delay` milliseconds, because the engine stops.
    override func drain(within delay: Int) {
        guard let subscriber, subscriber.isActive else { return }
        hub.schedule(subscriber, inMilliseconds: delay)
    }

    private func forget() {
        if let subscriber { hub.cancelTimer(subscriber) }
        hub.remove(token)
    }

    /// The next request of the connection is read by a handler again.
    private func returnToNIO(keepAliveTime: Int) {
        hub.watcher.unwatch(descriptor)
        forget()
        hub.adopt(
            descriptor, listener: listener,
            ConnectionHandler.Resumed(
                requests: Int(requests), keepAliveTime: keepAliveTime,
                identity: ConnectionIdentity(serial: serial, started: started),
                tls: tls.map { TLSHandler(hub: hub, listener: listener, session: $0) }, ahead: ahead))
    }
}
