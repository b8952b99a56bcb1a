import Synchronization

/// Bounds lines that clients can cause without end to one for each event and second.
final class LogThrottle: Sendable {
    enum Event: Hashable {
        case storeFull
        case connectionsNotEnough
        case slowSubscriber
    }

    private let last = Mutex<[Event: (second: Int, suppressed: Int)]>([:])

    /// Whether the event may be logged now.
    ///
    /// - Parameter now: milliseconds since 1970.
    /// - Returns: how many such events have passed in silence since the last one that was logged, or nil if this one does too.
    func admit(_ event: Event, now: Int) -> Int? {
        self.last.withLock { last in
            guard let known = last[event], known.second == now / 1000 else {
                let suppressed = last[event]?.suppressed ?? 0
                last[event] = (now / 1000, 0)
                return suppressed
            }
            last[event] = (known.second, known.suppressed + 1)
            return nil
        }
    }
}
