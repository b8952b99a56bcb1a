/// The position that the agent stores: the last entry up to which push-stream has answered everything.
///
/// It is stored once per batch, and also when a batch stops in the middle, so that a restart repeats little.
struct PositionTracker: Sendable {
    /// `nil` until an entry was answered or a stored position was loaded.
    private(set) var current: StreamID?
    private var epoch = 0
    private var saved: StreamID?
    /// Whether ``takePositionToSave()`` may have something.
    private(set) var isDue = false

    /// The position as it is stored.
    mutating func load(_ stored: StreamID?) {
        self.current = stored
        self.saved = stored
        self.isDue = false
    }

    /// - Parameters:
    ///   - id: the entry below which nothing is unanswered.
    ///   - epoch: grows when the stream's ids go back; only then may the position.
    mutating func delivered(_ id: StreamID, epoch: Int = 0, endsBatch: Bool) {
        if epoch > self.epoch {
            self.epoch = epoch
        } else if let current = self.current, id <= current || epoch < self.epoch {
            return
        }
        self.current = id
        if endsBatch { self.isDue = true }
    }

    /// Nothing more is answered for now.
    mutating func stalled() {
        if self.current != self.saved { self.isDue = true }
    }

    /// - Returns: what to store now, once for each position; `nil` if nothing is due.
    mutating func takePositionToSave() -> StreamID? {
        guard self.isDue, let current = self.current, current != self.saved else {
            self.isDue = false
            return nil
        }
        self.isDue = false
        self.saved = current
        return current
    }

    /// The last position that was taken is not stored: it, or a later one, is due again.
    mutating func saveFailed() {
        self.saved = nil
        self.isDue = true
    }
}
