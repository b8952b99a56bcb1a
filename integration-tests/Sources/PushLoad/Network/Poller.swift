import CEpoll
import Glibc

/// An epoll instance: level-triggered, one event for each ready descriptor, known by the number that it was added with.
final class Poller {
    struct Interest: OptionSet {
        let rawValue: UInt32
        static let read = Interest(rawValue: EPOLLIN.rawValue)
        static let write = Interest(rawValue: EPOLLOUT.rawValue)
    }

    private let descriptor: Int32
    private let events: UnsafeMutablePointer<epoll_event>
    private static let batch = 1024

    init() throws {
        self.descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard self.descriptor >= 0 else { throw LoadFailure.system("epoll_create1") }
        self.events = .allocate(capacity: Self.batch)
    }

    deinit {
        close(self.descriptor)
        self.events.deallocate()
    }

    func add(_ fd: Int32, number: Int, _ interest: Interest) throws {
        try self.control(EPOLL_CTL_ADD, fd, number, interest)
    }

    func change(_ fd: Int32, number: Int, _ interest: Interest) throws {
        try self.control(EPOLL_CTL_MOD, fd, number, interest)
    }

    private func control(_ operation: Int32, _ fd: Int32, _ number: Int, _ interest: Interest) throws {
        var event = epoll_event()
        event.events = interest.rawValue
        event.data.u64 = UInt64(number)
        guard epoll_ctl(self.descriptor, operation, fd, &event) == 0 else { throw LoadFailure.system("epoll_ctl") }
    }

    /// Waits at most `limit` nanoseconds and gives each ready descriptor's number to `body`. Errors and ends count as readable:
    /// the next read tells which.
    /// - Returns: whether there was anything.
    @discardableResult
    func wait(atMost limit: Int64, _ body: (_ number: Int, _ ready: Interest) throws -> Void) throws -> Bool {
        // Rounded up, so that the last fraction of a millisecond is not spent in a busy loop.
        let milliseconds = Int32(clamping: (max(0, limit) + 999_999) / 1_000_000)
        let count = epoll_wait(self.descriptor, self.events, Int32(Self.batch), milliseconds)
        guard count >= 0 else {
            if errno == EINTR { return false }
            throw LoadFailure.system("epoll_wait")
        }
        for index in 0..<Int(count) {
            var ready = Interest(rawValue: self.events[index].events)
            if self.events[index].events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { ready.insert(.read) }
            try body(Int(self.events[index].data.u64), ready)
        }
        return count > 0
    }
}
