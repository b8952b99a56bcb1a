/// The clocks that an event loop reads.
struct LoopClock {
    /// Milliseconds since 1970, for what clients and logs see, and for the age of messages. It may be set, forwards or back.
    var wall: () -> Int = ProcessIdentity.now
    /// Milliseconds since some time in the past, for timers. Nobody sets it.
    var steady: () -> Int = ProcessIdentity.uptime
}
