import PushStreamCore

/// Subscribers of one event loop that resumed after an event whose successors are not in the store yet: push-agent is filling it again.
/// What they have from before comes once more, and is left out for them until the first message that is past their event.
///
/// Beside the subscribers, so that the many others hold nothing for it.
struct ResumeTable {
    private var events: [ObjectIdentifier: StreamEventID] = [:]

    var isEmpty: Bool { events.isEmpty }

    mutating func insert(_ subscriber: Subscriber, after event: StreamEventID) {
        subscriber.isCatchingUp = true
        events[ObjectIdentifier(subscriber)] = event
    }

    mutating func remove(_ subscriber: Subscriber) {
        guard subscriber.isCatchingUp else { return }
        subscriber.isCatchingUp = false
        events[ObjectIdentifier(subscriber)] = nil
    }

    /// Whether a message is one that the subscriber has. The first that is not ends its entry.
    mutating func skips(_ event: StreamEventID, for subscriber: Subscriber) -> Bool {
        guard let last = events[ObjectIdentifier(subscriber)] else { return false }
        if event <= last { return true }
        remove(subscriber)
        return false
    }
}
