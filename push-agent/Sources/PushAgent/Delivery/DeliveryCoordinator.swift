import Synchronization

/// The pipeline as the reader, the connection and the saver of positions share it.
final class DeliveryCoordinator: Sendable {
    private let pipeline: Mutex<DeliveryPipeline>
    private let limits: DeliveryPipeline.Limits
    private let places = Mutex(PlaceLog())
    private let replayed = Atomic<Int>(0)

    /// Who sends; hears when there may be something to send.
    private let sender = Mutex<(@Sendable () -> Void)?>(nil)
    private let mayRead = Signal()
    /// The replay lane got room or became empty.
    private let replayMoved = Signal()
    private let positionIsDue = Signal()
    private let drained = Signal()

    init(limits: DeliveryPipeline.Limits) {
        self.limits = limits
        self.pipeline = Mutex(DeliveryPipeline(limits: limits))
    }

    var position: StreamID? { self.pipeline.withLock { $0.position.current } }
    /// Answers to publishes since the start.
    var answerCount: Int { self.pipeline.withLock { $0.answerCount } }
    var replayedThrough: StreamID? { self.pipeline.withLock { $0.replayedThrough } }

    // MARK: For the reader

    var hasCapacity: Bool { self.pipeline.withLock { $0.hasCapacity(.live) } }

    /// Returns when there is room for a batch, or the task is cancelled.
    func waitForCapacity() async {
        while !self.hasCapacity, !Task.isCancelled { await self.mayRead.wait() }
    }

    /// - Parameter place: of the last entry, if it is known; see ``PlaceLog``.
    func enqueue(_ entries: [DeliveryEntry], epoch: Int, place: Int? = nil) {
        self.places.withLock { $0.read(entries.map(\.id), lastPlace: place) }
        let isDue = self.pipeline.withLock { pipeline in
            pipeline.enqueue(entries, epoch: epoch)
            return pipeline.position.isDue
        }
        self.wakeSender()
        if isDue { self.positionIsDue.raise() }
    }

    // MARK: For the replay

    func waitForReplayCapacity() async {
        while !self.pipeline.withLock({ $0.hasCapacity(.replay) }), !Task.isCancelled { await self.replayMoved.wait() }
    }

    func enqueueReplay(_ entries: [DeliveryEntry]) {
        self.pipeline.withLock { $0.enqueueReplay(entries) }
        self.wakeSender()
    }

    /// Waits until all that was replayed is answered, then lets the live lane go on.
    ///
    /// - Returns: `false` when the task was cancelled before.
    func finishReplay() async -> Bool {
        self.pipeline.withLock { $0.replayWasRead() }
        while !Task.isCancelled {
            let isDone = self.pipeline.withLock { pipeline in
                guard pipeline.replayIsDone else { return false }
                pipeline.replayFinished()
                return true
            }
            if isDone {
                self.wakeSender()
                return true
            }
            await self.replayMoved.wait()
        }
        return false
    }

    // MARK: For the connection

    func connected(storeIsNew: Bool, replaying: Bool) {
        self.pipeline.withLock { $0.connected(storeIsNew: storeIsNew, replaying: replaying) }
    }

    func disconnected() {
        self.sender.withLock { $0 = nil }
        self.update { $0.disconnected() }
    }

    /// From now on until ``disconnected()``, `wake` is called on any thread when ``next()`` may have something.
    func onWork(_ wake: @escaping @Sendable () -> Void) {
        self.sender.withLock { $0 = wake }
    }

    private func wakeSender() {
        self.sender.withLock(\.self)?()
    }

    func next() -> DeliveryPipeline.Next { self.pipeline.withLock { $0.next() } }

    /// Whether at most half of what may be in flight is.
    var hasRoomInFlight: Bool { self.pipeline.withLock { $0.requestsInFlight <= self.limits.inFlightRequests / 2 } }

    func backOffElapsed() { self.pipeline.withLock { $0.backOffElapsed() } }

    /// - Parameter statuses: of answers, in their order.
    func answered(statuses: [Int]) -> [DeliveryPipeline.Answered] {
        self.update { pipeline in statuses.map { pipeline.answered(status: $0) } }
    }

    /// Messages that were given to push-stream a second time, since the start.
    var replayedMessages: Int { self.replayed.load(ordering: .relaxed) }

    func countReplayed(_ count: Int) { self.replayed.wrappingAdd(count, ordering: .relaxed) }

    // MARK: For the saver of positions

    /// A position's place among all entries that the stream has ever had, if it is known.
    ///
    /// - Parameter position: not below one that was asked for before, unless the stream's ids went back.
    func place(of position: StreamID) -> Int? { self.places.withLock { $0.place(of: position) } }

    /// - Returns: the next position to store; `nil` when the task is cancelled.
    func nextPositionToSave() async -> StreamID? {
        while !Task.isCancelled {
            if let position = self.pipeline.withLock({ $0.takePositionToSave() }) { return position }
            await self.positionIsDue.wait()
        }
        return nil
    }

    func positionWasNotSaved() {
        self.pipeline.withLock { $0.positionWasNotSaved() }
        self.positionIsDue.raise()
    }

    func load(position: StreamID?) { self.pipeline.withLock { $0.load(position: position) } }

    // MARK: Drain

    /// Nothing more is sent.
    func stop() {
        self.update { $0.stop() }
    }

    /// Returns when nothing is in flight after ``stop()``, or ``endDrain()`` was called, or the task is cancelled.
    func waitUntilDrained() async { await self.drained.wait() }

    func endDrain() { self.drained.raise() }

    /// Who has something to do after a change.
    private struct Wake {
        var reader = false
        var replay = false
        var saver = false
        var drain = false
    }

    /// Changes the pipeline and wakes those for whom that matters.
    private func update<Result>(_ change: (inout DeliveryPipeline) -> Result) -> Result {
        let (result, wake) = self.pipeline.withLock { pipeline -> (Result, Wake) in
            let result = change(&pipeline)
            var wake = Wake()
            wake.reader = pipeline.hasCapacity(.live)
            wake.replay = pipeline.isReplaying
            wake.saver = pipeline.position.isDue
            wake.drain = pipeline.isDrained
            return (result, wake)
        }
        if wake.reader { self.mayRead.raise() }
        if wake.replay { self.replayMoved.raise() }
        if wake.saver { self.positionIsDue.raise() }
        if wake.drain { self.drained.raise() }
        return result
    }
}
