import NIOCore

/// What is sent to push-stream next, and what an answer, a lost connection or a lost store means for it.
///
/// Requests leave in stream order on one connection and answers come in the order of the requests. When push-stream wants a
/// message again, nothing new is sent until everything in flight is answered; meanwhile later messages of the same channel
/// count as not sent, whatever their answer. Then all that waits is sent again in order. So a message can be repeated, and
/// none of a channel can overtake another for good. That none does so even before it is repeated is push-stream's part: it closes the
/// connection over a message that it fails to take, with all that is in flight behind it.
///
/// Two lanes: the live one holds what was read from the stream and is not done; the replay lane, while there is one, holds
/// older messages that a new store of push-stream lacks, and goes first.
struct DeliveryPipeline: Sendable {
    struct Limits: Equatable, Sendable {
        /// Requests that may be in flight.
        var inFlightRequests = 1_000
        /// Bytes that may be in flight. One request is allowed whatever its size.
        var inFlightBytes = 4 * 1_024 * 1_024
        /// A lane takes another batch while it holds fewer requests than this.
        var readAheadRequests = 500
        /// A lane takes another batch while it holds fewer bytes than this.
        var readAheadBytes = 8 * 1_024 * 1_024
        /// How often a message that push-stream fails over (500) is sent again before it is given up.
        var failureRetries = 5
    }

    enum LaneName: Equatable, Sendable {
        case live
        case replay
    }

    enum Answer: Equatable, Sendable {
        case delivered
        /// Delivered, but a message before it in its channel was not: it is sent again after that one.
        case deliveredOutOfOrder
        case retry
        case refused
        /// An answer to nothing: the connection cannot be trusted any more.
        case unexpected
    }

    struct Answered: Equatable, Sendable {
        var answer: Answer
        var lane: LaneName = .live
        var id: StreamID = .zero
        var request: PublishRequest?
    }

    enum Next: Equatable, Sendable {
        case send([PublishRequest])
        /// Wait (the longer the higher the attempt, which counts from 1), then call ``backOffElapsed()``.
        case backOff(attempt: Int)
        /// Nothing to do until the next event.
        case suspend
    }

    private enum Mode: Equatable {
        case disconnected
        case sending
        /// A message is wanted again; waits until nothing is in flight.
        case settling
        case backingOff
    }

    let limits: Limits
    private var mode = Mode.disconnected
    private var isStopping = false
    private var live = DeliveryLane()
    private var replay: DeliveryLane?
    private var replayIsComplete = false
    private var sent = CircularBuffer<(lane: LaneName, number: Int)>()
    private var bytesInFlight = 0
    /// Channels of which a message is wanted again in this round.
    private var interruptedChannels: Set<String> = []
    /// Rounds of sending that ended with a message wanted again and without any that was taken.
    private var roundsWithoutSuccess = 0
    private var backOffAttempt = 0
    /// Whether a message is wanted again that the connection ended over: the next one waits before it sends.
    private var owesBackOff = false
    private(set) var position = PositionTracker()
    private(set) var replayedThrough: StreamID?
    private(set) var answerCount = 0

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    var requestsInFlight: Int { self.sent.count }
    var isReplaying: Bool { self.replay != nil }
    var isDrained: Bool { self.isStopping && self.sent.isEmpty }

    func hasCapacity(_ lane: LaneName) -> Bool {
        let lane = lane == .live ? self.live : self.replay ?? DeliveryLane()
        return lane.count < self.limits.readAheadRequests && lane.bytes < self.limits.readAheadBytes
    }

    /// Whether there is a replay of which everything has been answered.
    var replayIsDone: Bool { self.replay.map { $0.isEmpty && self.replayIsComplete } ?? false }

    // MARK: What was read

    /// One batch in stream order.
    mutating func enqueue(_ entries: [DeliveryEntry], epoch: Int = 0) {
        self.live.append(entries, epoch: epoch)
        self.removeDone()
    }

    mutating func enqueueReplay(_ entries: [DeliveryEntry]) {
        self.replay?.append(entries, epoch: 0)
        self.removeDone()
    }

    /// No more entries will be replayed.
    mutating func replayWasRead() { self.replayIsComplete = true }

    /// What came before the replay is on the new store; the live lane goes on.
    mutating func replayFinished() { self.replay = nil }

    // MARK: The connection

    /// - Parameters:
    ///   - storeIsNew: push-stream has none of the messages that it answered before.
    ///   - replaying: nothing of the live lane is sent until ``replayFinished()``.
    mutating func connected(storeIsNew: Bool, replaying: Bool) {
        self.disconnected()
        self.mode = self.owesBackOff ? .backingOff : .sending
        self.replay = replaying ? DeliveryLane() : nil
        self.replayIsComplete = false
        self.replayedThrough = nil
        if storeIsNew { self.live.requeue(.delivered) }
    }

    mutating func disconnected() {
        if self.mode == .settling || self.mode == .backingOff { self.owesBackOff = true }
        self.mode = .disconnected
        self.sent.removeAll(keepingCapacity: true)
        self.bytesInFlight = 0
        self.interruptedChannels.removeAll()
        if !self.owesBackOff { self.roundsWithoutSuccess = 0 }
        self.live.requeue(.inFlight)
        self.replay = nil
        self.position.stalled()
    }

    mutating func stop() {
        self.isStopping = true
        self.position.stalled()
    }

    // MARK: Sending

    mutating func next() -> Next {
        switch self.mode {
        case .backingOff where !self.isStopping:
            return .backOff(attempt: self.backOffAttempt)
        case .sending where !self.isStopping:
            let requests = self.takeSends()
            return requests.isEmpty ? .suspend : .send(requests)
        case .backingOff, .sending, .settling, .disconnected:
            return .suspend
        }
    }

    mutating func backOffElapsed() {
        guard self.mode == .backingOff else { return }
        self.owesBackOff = false
        self.mode = .sending
    }

    private mutating func takeSends() -> [PublishRequest] {
        var requests: [PublishRequest] = []
        while self.sent.count < self.limits.inFlightRequests, self.bytesInFlight < self.limits.inFlightBytes {
            let lane: LaneName = self.replay == nil ? .live : .replay
            guard let (number, request) = lane == .live ? self.live.takeWaiting() : self.replay?.takeWaiting() else { break }
            self.sent.append((lane, number))
            self.bytesInFlight += request.size
            requests.append(request)
        }
        return requests
    }

    // MARK: Answers

    mutating func answered(status: Int) -> Answered {
        guard self.mode != .disconnected, let (name, number) = self.sent.popFirst() else { return Answered(answer: .unexpected) }
        self.answerCount += 1
        let answer: Answer
        let slot: DeliveryLane.Slot
        switch name {
        case .live:
            (slot, answer) = self.settle(self.live[number], status: status)
            self.live[number] = slot
        case .replay:
            guard let replayed = self.replay?[number] else { return Answered(answer: .unexpected) }
            (slot, answer) = self.settle(replayed, status: status)
            self.replay?[number] = slot
        }
        self.removeDone()
        if self.sent.isEmpty, self.mode == .settling || self.isStopping {
            self.position.stalled()
        }
        if self.sent.isEmpty, self.mode == .settling {
            self.mode = .backingOff
            self.interruptedChannels.removeAll()
            self.live.rewind()
            self.replay?.rewind()
        }
        return Answered(answer: answer, lane: name, id: slot.id, request: slot.request)
    }

    private mutating func settle(_ before: DeliveryLane.Slot, status: Int) -> (DeliveryLane.Slot, Answer) {
        var slot = before
        let channel = slot.request?.channel ?? ""
        self.bytesInFlight -= slot.request?.size ?? 0
        switch AnswerDisposition(status: status) {
        case .delivered:
            self.roundsWithoutSuccess = 0
            if self.interruptedChannels.contains(channel) {
                slot.status = .waiting
                return (slot, .deliveredOutOfOrder)
            }
            slot.status = .delivered
            return (slot, .delivered)
        case .refused:
            slot.status = .refused
            return (slot, .refused)
        case .failed where slot.failures >= self.limits.failureRetries:
            slot.status = .refused
            return (slot, .refused)
        case .failed:
            slot.failures += 1
            self.interrupt(channel, attempt: slot.failures)
        case .unavailable:
            self.interrupt(channel, attempt: self.roundsWithoutSuccess + 1)
        }
        slot.status = .waiting
        return (slot, .retry)
    }

    private mutating func interrupt(_ channel: String, attempt: Int) {
        self.interruptedChannels.insert(channel)
        if self.mode == .sending {
            self.mode = .settling
            self.backOffAttempt = 0
            self.roundsWithoutSuccess += 1
        }
        self.backOffAttempt = max(self.backOffAttempt, attempt)
    }

    private mutating func removeDone() {
        while let slot = self.live.removeFirstIfDone() {
            if slot.endsEntry { self.position.delivered(slot.id, epoch: slot.epoch, endsBatch: slot.endsBatch) }
        }
        while let slot = self.replay?.removeFirstIfDone() {
            if slot.endsEntry { self.replayedThrough = slot.id }
        }
    }

    // MARK: The position

    mutating func load(position: StreamID?) { self.position.load(position) }

    /// See ``PositionTracker/takePositionToSave()``.
    mutating func takePositionToSave() -> StreamID? { self.position.takePositionToSave() }

    mutating func positionWasNotSaved() { self.position.saveFailed() }
}
