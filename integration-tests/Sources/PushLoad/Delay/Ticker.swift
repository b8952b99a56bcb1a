import CEpoll
import Glibc

/// A descriptor that becomes readable at even intervals: epoll itself waits whole milliseconds only.
final class Ticker {
    private let fd: Int32

    /// - Parameters:
    ///   - interval: nanoseconds.
    ///   - number: what the poller knows the ticker by.
    init(interval: Int64, poller: Poller, number: Int) throws {
        self.fd = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK) | Int32(TFD_CLOEXEC))
        guard self.fd >= 0 else { throw LoadFailure.system("timerfd_create") }
        var setting = itimerspec()
        setting.it_interval = timespec(tv_sec: Int(interval / 1_000_000_000), tv_nsec: Int(interval % 1_000_000_000))
        setting.it_value = setting.it_interval
        guard timerfd_settime(self.fd, 0, &setting, nil) == 0 else { throw LoadFailure.system("timerfd_settime") }
        try poller.add(self.fd, number: number, .read)
    }

    deinit { close(self.fd) }

    /// Intervals that have passed since this was asked last.
    func passed() -> Int {
        var count: UInt64 = 0
        guard read(self.fd, &count, MemoryLayout<UInt64>.size) == MemoryLayout<UInt64>.size else { return 0 }
        return Int(count)
    }
}
