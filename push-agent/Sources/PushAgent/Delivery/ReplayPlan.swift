/// The messages that a new store of push-stream lacks and its subscribers may still ask for.
struct ReplayPlan: Equatable, Sendable {
    let store: StoreIdentity
    /// Entries after this id are replayed.
    var after: StreamID
    /// The last entry to replay: the agent's position, up to which the old store had everything.
    let through: StreamID
}

/// Knows which store the agent delivered to, and decides at each connection whether it must be filled again.
struct StoreTracker: Sendable {
    enum Decision: Equatable, Sendable {
        /// The store that the agent knows.
        case goOn
        /// Nothing was delivered to any store before; this one is remembered.
        case adopt(StoreIdentity)
        /// Fill the new store, then call ``replayFinished()``.
        case replay(ReplayPlan)
    }

    /// The store that has everything up to the position.
    private(set) var known: StoreIdentity?
    private var unfinished: ReplayPlan?

    init(known: StoreIdentity?) {
        self.known = known
    }

    /// - Parameters:
    ///   - position: the agent's position, `nil` if it never delivered anything.
    ///   - windowStart: the oldest id that the history still needs.
    mutating func connected(to store: StoreIdentity, position: StreamID?, windowStart: StreamID) -> Decision {
        if let known = self.known, known.isSameStore(as: store) {
            self.unfinished = nil
            return .goOn
        }
        guard let position else {
            self.known = store
            return .adopt(store)
        }
        // A connection lost during the replay: the store has what was answered.
        if let unfinished = self.unfinished, unfinished.store.isSameStore(as: store) {
            return .replay(unfinished)
        }
        let plan = ReplayPlan(store: store, after: windowStart.predecessor, through: position)
        self.unfinished = plan
        return .replay(plan)
    }

    mutating func replayed(through id: StreamID) {
        if let unfinished = self.unfinished { self.unfinished?.after = max(unfinished.after, id) }
    }

    /// - Returns: the store to remember.
    mutating func replayFinished() -> StoreIdentity? {
        guard let plan = self.unfinished else { return nil }
        self.unfinished = nil
        self.known = plan.store
        return plan.store
    }
}
