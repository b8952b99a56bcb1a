import NIOCore

/// The requests that wait for a connection or for their answers, oldest first.
///
/// One buffer holds both: the first `writtenCount` are in flight, the rest are not yet written. A request's number is its position
/// counted from the client's first request, so a timeout or a cancellation finds it without a search. A request whose caller has gone
/// stays as an empty entry, because the server's answers come by position.
struct CommandQueue<Waiter> {
    struct Request {
        /// The encoded commands until they are written.
        var payload: ByteBuffer?
        let commandCount: Int
        let byteCount: Int
        var deadline: NIODeadline
        let timeout: TimeAmount
        var writtenAt: NIODeadline?
        /// `nil` when the caller no longer waits.
        var waiter: Waiter?
        /// Answers that are still to come; zero for a request that was given up before it was written.
        var missingReplies: Int
    }

    typealias Completion = (waiter: Waiter, result: Result<[RedisValue], RedisError>)

    private var requests = CircularBuffer<Request>()
    private var firstID: UInt64 = 1
    private var writtenCount = 0
    /// The answers so far to the oldest request in flight: only that one can have some.
    private var replies: [RedisValue] = []
    private(set) var outstandingCommands = 0
    private(set) var outstandingBytes = 0
    /// Callers that wait.
    private(set) var waiterCount = 0

    let maximumCommands: Int
    let maximumBytes: Int

    init(maximumCommands: Int, maximumBytes: Int) {
        self.maximumCommands = maximumCommands
        self.maximumBytes = maximumBytes
    }

    var hasUnwritten: Bool { writtenCount < requests.count }
    var hasInFlight: Bool { writtenCount > 0 }

    /// Adds a request at the end and gives its number, or `nil` if that would exceed a bound.
    mutating func append(
        _ payload: ByteBuffer, commandCount: Int, timeout: TimeAmount, now: NIODeadline, waiter: Waiter
    ) -> UInt64? {
        let byteCount = payload.readableBytes
        guard requests.count < maximumCommands, outstandingCommands + commandCount <= maximumCommands,
            outstandingBytes + byteCount <= maximumBytes
        else { return nil }
        requests.append(
            Request(
                payload: payload, commandCount: commandCount, byteCount: byteCount, deadline: now + timeout, timeout: timeout,
                waiter: waiter, missingReplies: commandCount))
        outstandingCommands += commandCount
        outstandingBytes += byteCount
        waiterCount += 1
        return firstID + UInt64(requests.count - 1)
    }

    /// Takes payloads to write, in order, until they amount to `byteLimit`; they are in flight from then on.
    mutating func takeUnwritten(byteLimit: Int, now: NIODeadline) -> [ByteBuffer] {
        var batch: [ByteBuffer] = []
        var bytes = 0
        while writtenCount < requests.count, bytes < byteLimit {
            let index = requests.index(requests.startIndex, offsetBy: writtenCount)
            writtenCount += 1
            guard let payload = requests[index].payload else { continue }
            requests.modify(index) { request in
                request.payload = nil
                request.writtenAt = now
            }
            bytes += payload.readableBytes
            batch.append(payload)
        }
        dropFinished()
        return batch
    }

    /// Gives the answers to the oldest requests in flight. `isViolation` if there is one that nobody asked for.
    mutating func receive(_ received: [RedisValue]) -> (completions: [Completion], isViolation: Bool) {
        var completions: [Completion] = []
        for reply in received {
            guard writtenCount > 0 else { return (completions, true) }
            let missing = requests.modify(requests.startIndex) { request in
                request.missingReplies -= 1
                return request.missingReplies
            }
            let waiter = requests[requests.startIndex].waiter
            // An answer that nobody waits for is not kept.
            if waiter != nil { replies.append(reply) }
            guard missing == 0 else { continue }
            if let waiter {
                waiterCount -= 1
                completions.append((waiter, .success(replies)))
            }
            removeFirst()
            dropFinished()
        }
        return (completions, false)
    }

    /// Ends the caller's wait for request `id`. `nil` if it has ended already.
    mutating func abandon(_ id: UInt64) -> (waiter: Waiter, wasWritten: Bool)? {
        guard id >= firstID, id - firstID < UInt64(requests.count) else { return nil }
        return abandon(offset: Int(id - firstID))
    }

    private mutating func abandon(offset: Int) -> (waiter: Waiter, wasWritten: Bool)? {
        let index = requests.index(requests.startIndex, offsetBy: offset)
        guard let waiter = requests[index].waiter else { return nil }
        let wasWritten = offset < writtenCount
        waiterCount -= 1
        requests.modify(index) { request in
            request.waiter = nil
            if !wasWritten {
                request.payload = nil
                request.missingReplies = 0
            }
        }
        if offset == 0 { replies = [] }
        if !wasWritten {
            outstandingCommands -= requests[index].commandCount
            outstandingBytes -= requests[index].byteCount
            dropFinished()
        }
        return (waiter, wasWritten)
    }

    /// Ends the wait of all whose deadline has passed.
    mutating func expire(now: NIODeadline) -> [(waiter: Waiter, wasWritten: Bool, timeout: TimeAmount)] {
        var expired: [(waiter: Waiter, wasWritten: Bool, timeout: TimeAmount)] = []
        // From the back, because giving up an unwritten request at the front shifts the rest.
        for offset in (0..<requests.count).reversed() {
            let request = requests[requests.index(requests.startIndex, offsetBy: offset)]
            guard request.waiter != nil, request.deadline <= now, let ended = abandon(offset: offset) else { continue }
            expired.append((ended.waiter, ended.wasWritten, request.timeout))
        }
        return expired.reversed()
    }

    /// The earliest deadline of a caller that waits.
    var nextDeadline: NIODeadline? {
        requests.lazy.filter { $0.waiter != nil }.map(\.deadline).min()
    }

    /// The oldest request that the server owes an answer: when it was written, and how long it may take.
    var oldestInFlight: (writtenAt: NIODeadline, timeout: TimeAmount)? {
        guard writtenCount > 0, let first = requests.first, let writtenAt = first.writtenAt else { return nil }
        return (writtenAt, first.timeout)
    }

    /// Removes all requests that were written.
    mutating func removeInFlight() -> [Waiter] { removeOldest(writtenCount) }

    /// Removes all requests.
    mutating func removeAll() -> (inFlight: [Waiter], unwritten: [Waiter]) {
        let inFlight = removeOldest(writtenCount)
        return (inFlight, removeOldest(requests.count))
    }

    private mutating func removeOldest(_ count: Int) -> [Waiter] {
        var waiters: [Waiter] = []
        for _ in 0..<count {
            if let waiter = requests[requests.startIndex].waiter {
                waiterCount -= 1
                waiters.append(waiter)
            }
            removeFirst()
        }
        dropFinished()
        return waiters
    }

    private mutating func removeFirst() {
        let request = requests.removeFirst()
        replies = []
        firstID += 1
        if writtenCount > 0 { writtenCount -= 1 }
        // A request given up before it was written has been taken out of the sums already.
        if request.waiter != nil || request.writtenAt != nil || request.payload != nil {
            outstandingCommands -= request.commandCount
            outstandingBytes -= request.byteCount
        }
    }

    /// Drops empty entries at the front.
    private mutating func dropFinished() {
        while let first = requests.first, first.missingReplies == 0 { removeFirst() }
    }
}
