import CEpoll
import Dispatch
import Glibc
import PushStreamCore
import PushSystem

/// Something that happened to a socket, known by the token that it is watched with.
struct SocketEvent: Sendable {
    var token: UInt64
    /// There are bytes, an end or an error to read.
    var isReadable: Bool
    /// There is room again after the socket was full.
    var isWritable: Bool
}

/// Tells an event loop what happens to the sockets that have left NIO.
///
/// NIO's event loop waits for its own channels only, so a thread of this object waits for the other sockets and hands what
/// happens to the loop, one batch at a time: it does not wait for more before the loop has taken the last batch, which bounds what
/// is on its way. The thread has little to do: subscribers that listen send nothing, and messages are written by the loop itself.
final class SocketWatcher: Sendable {
    private static let batch = 512
    /// No socket's: slots of the table are below it.
    private static let stopToken = UInt64.max

    private let epoll: Int32
    private let stopEvent: Int32
    private let taken = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// - Throws: ``EngineError`` if the system has no descriptors left.
    init() throws(EngineError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw .system(call: "epoll_create1", code: errno) }
        stopEvent = eventfd(0, Int32(EFD_CLOEXEC))
        guard stopEvent >= 0 else {
            let code = errno
            close(epoll)
            throw .system(call: "eventfd", code: code)
        }
        _ = control(EPOLL_CTL_ADD, stopEvent, token: Self.stopToken, events: EPOLLIN.rawValue)
    }

    /// Starts the thread. `handle` gets each batch on that thread and has ``confirm()`` called when the loop has taken it.
    func start(_ handle: @escaping @Sendable ([SocketEvent]) -> Void) {
        SystemThread.start(name: "socket-watcher", stackSize: 256 * 1024) { [self] in run(handle) }
    }

    /// The loop has taken the last batch.
    func confirm() { taken.signal() }

    /// Ends the thread and waits for it. No socket may be watched after it.
    func stop() {
        var one: UInt64 = 1
        _ = write(stopEvent, &one, 8)
        taken.signal()
        ended.wait()
        close(stopEvent)
        close(epoll)
    }

    /// Watches a socket for what comes in, until it is closed or until ``unwatch(_:)``. Edge-triggered: each event is told once.
    ///
    /// - Returns: false if the system refuses.
    func watch(_ descriptor: Int32, token: UInt64) -> Bool {
        control(EPOLL_CTL_ADD, descriptor, token: token, events: Self.input)
    }

    /// Goes on watching a socket under another token. What has come meanwhile is told.
    func rename(_ descriptor: Int32, token: UInt64) -> Bool {
        control(EPOLL_CTL_MOD, descriptor, token: token, events: Self.input)
    }

    /// Tells once when a full socket has room again.
    func awaitRoom(_ descriptor: Int32, token: UInt64) {
        _ = control(EPOLL_CTL_MOD, descriptor, token: token, events: Self.input | EPOLLOUT.rawValue)
    }

    func unwatch(_ descriptor: Int32) {
        _ = control(EPOLL_CTL_DEL, descriptor, token: 0, events: 0)
    }

    /// `EPOLLET`, whose value does not fit the type that it is imported with.
    private static let edge: UInt32 = 1 << 31
    private static var input: UInt32 { EPOLLIN.rawValue | EPOLLRDHUP.rawValue | edge }

    private func control(_ operation: Int32, _ descriptor: Int32, token: UInt64, events: UInt32) -> Bool {
        var event = epoll_event()
        event.events = events
        event.data.u64 = token
        return epoll_ctl(epoll, operation, descriptor, &event) == 0
    }

    private func run(_ handle: ([SocketEvent]) -> Void) {
        defer { ended.signal() }
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: Self.batch)
        defer { events.deallocate() }
        while true {
            let count = epoll_wait(epoll, events, Int32(Self.batch), -1)
            if count < 0 {
                if errno == EINTR { continue }
                return
            }
            var batch: [SocketEvent] = []
            batch.reserveCapacity(Int(count))
            for index in 0..<Int(count) {
                let (token, bits) = (events[index].data.u64, events[index].events)
                if token == Self.stopToken { return }
                let ends = EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue
                batch.append(
                    SocketEvent(
                        token: token, isReadable: bits & (EPOLLIN.rawValue | ends) != 0,
                        isWritable: bits & EPOLLOUT.rawValue != 0))
            }
            handle(batch)
            taken.wait()
        }
    }
}
