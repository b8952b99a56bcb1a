import NIOCore

/// A stream entry as the pipeline takes it.
struct DeliveryEntry: Equatable, Sendable {
    var id: StreamID
    /// Empty for an entry that this version does not understand: it only moves the position.
    var requests: [PublishRequest]
}

/// The requests of entries in stream order, from the oldest that is not done to the newest that was read.
struct DeliveryLane: Sendable {
    enum Status: Equatable, Sendable {
        case waiting
        case inFlight
        case delivered
        case refused
    }

    struct Slot: Sendable {
        let id: StreamID
        /// See ``ReadCursor/epoch``.
        let epoch: Int
        /// `nil` for an entry without requests.
        let request: PublishRequest?
        let endsEntry: Bool
        let endsBatch: Bool
        var status: Status
        /// How often push-stream failed over it (``AnswerDisposition/failed``).
        var failures = 0

        var isDone: Bool { self.status == .delivered || self.status == .refused }
    }

    /// The number of the first slot; numbers grow by one and are never used twice.
    private var firstNumber = 0
    private var slots = CircularBuffer<Slot>()
    /// No slot below this number waits.
    private var scan = 0
    private(set) var bytes = 0

    var count: Int { self.slots.count }
    var isEmpty: Bool { self.slots.isEmpty }
    var oldest: StreamID? { self.slots.first?.id }

    /// Appends one batch.
    mutating func append(_ entries: [DeliveryEntry], epoch: Int) {
        for (index, entry) in entries.enumerated() {
            let endsBatch = index == entries.count - 1
            if entry.requests.isEmpty {
                self.slots.append(
                    Slot(id: entry.id, epoch: epoch, request: nil, endsEntry: true, endsBatch: endsBatch, status: .delivered))
            }
            for (position, request) in entry.requests.enumerated() {
                let isLast = position == entry.requests.count - 1
                self.slots.append(
                    Slot(
                        id: entry.id, epoch: epoch, request: request, endsEntry: isLast, endsBatch: endsBatch && isLast,
                        status: .waiting))
                self.bytes += request.size
            }
        }
    }

    /// Marks the first waiting slot as in flight.
    /// - Returns: its number and request, `nil` if no slot waits.
    mutating func takeWaiting() -> (number: Int, request: PublishRequest)? {
        while self.scan < self.firstNumber + self.slots.count {
            let number = self.scan
            self.scan += 1
            let slot = self[number]
            if slot.status == .waiting, let request = slot.request {
                self[number].status = .inFlight
                return (number, request)
            }
        }
        return nil
    }

    /// The slot of this number, which must not have been removed.
    subscript(number: Int) -> Slot {
        get { self.slots[self.slots.index(self.slots.startIndex, offsetBy: number - self.firstNumber)] }
        set { self.slots[self.slots.index(self.slots.startIndex, offsetBy: number - self.firstNumber)] = newValue }
    }

    /// Removes the oldest slot if it is done.
    mutating func removeFirstIfDone() -> Slot? {
        guard let first = self.slots.first, first.isDone else { return nil }
        self.slots.removeFirst()
        self.firstNumber += 1
        self.scan = max(self.scan, self.firstNumber)
        self.bytes -= first.request?.size ?? 0
        return first
    }

    /// The next sends start with the oldest waiting slot.
    mutating func rewind() { self.scan = self.firstNumber }

    /// Slots of this status wait again.
    mutating func requeue(_ status: Status) {
        for number in self.firstNumber..<(self.firstNumber + self.slots.count) {
            if self[number].status == status, self[number].request != nil { self[number].status = .waiting }
        }
        self.rewind()
    }
}
