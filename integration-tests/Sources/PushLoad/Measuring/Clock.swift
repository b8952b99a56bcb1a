// sys/timerfd.h has timespec too, and Swift gives it to the module that it finds first.
import CEpoll
import Glibc

/// Clocks in nanoseconds.
enum Clock {
    static func now() -> Int64 { self.read(CLOCK_MONOTONIC) }

    /// What this thread has used of a processor.
    static func processorTime() -> Int64 { self.read(CLOCK_THREAD_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    static func nanoseconds(_ seconds: Double) -> Int64 { Int64(seconds * 1e9) }
    static func seconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds) / 1e9 }
}
