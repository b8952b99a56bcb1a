import NIOCore

extension RedisClient {
    /// What the client knows: its place in life, the connection it has, and the commands it owes answers for.
    ///
    /// Every event returns what is to be done; nothing happens in here. Generic, so that tests need neither connections nor tasks.
    struct StateMachine<Waiter, Link> {
        private enum Lifecycle {
            case initial
            case running
            /// No new commands; the outstanding ones may still be answered.
            case draining
            case closed
        }

        private enum Connection {
            case none
            case up(Link, id: Int, lastRead: NIODeadline)
            /// The server is no master any more: let it answer what it has, write nothing more, connect anew.
            case retiring(Link, id: Int, lastRead: NIODeadline)
        }

        typealias Completion = CommandQueue<Waiter>.Completion

        private var lifecycle = Lifecycle.initial
        private var connection = Connection.none
        private var queue: CommandQueue<Waiter>
        private var drainScheduled = false
        private var armedDeadline: NIODeadline?
        /// The server refuses this client (wrong password, say): callers hear so at once until a connect succeeds.
        private var refusal: RedisError?
        /// Why there is no connection, for the message of a timeout.
        private var lastFailure: String?
        /// A server that is silent for so long, although it owes an answer, is given up.
        private let stallTimeout: TimeAmount

        init(maximumCommands: Int, maximumBytes: Int, stallTimeout: TimeAmount) {
            queue = CommandQueue(maximumCommands: maximumCommands, maximumBytes: maximumBytes)
            self.stallTimeout = stallTimeout
        }

        // MARK: Commands

        enum SendAction {
            case reject(RedisError)
            /// `drain`: have the connection's event loop take the queue. `arm`: call `tick` at that time.
            case accept(id: UInt64, drain: Link?, arm: NIODeadline?)
        }

        mutating func send(
            _ payload: ByteBuffer, commandCount: Int, timeout: TimeAmount, now: NIODeadline, waiter: Waiter
        ) -> SendAction {
            switch lifecycle {
            case .draining, .closed:
                return .reject(RedisError(code: .closed, message: "the client has been shut down"))
            case .initial, .running:
                break
            }
            if let refusal { return .reject(refusal) }
            guard let id = queue.append(payload, commandCount: commandCount, timeout: timeout, now: now, waiter: waiter) else {
                return .reject(
                    RedisError(
                        code: .overflow,
                        message: "more than \(queue.maximumCommands) commands or \(queue.maximumBytes) bytes are outstanding"))
            }
            var arm: NIODeadline?
            if armedDeadline.map({ now + timeout < $0 }) ?? true {
                armedDeadline = now + timeout
                arm = armedDeadline
            }
            return .accept(id: id, drain: scheduleDrain(), arm: arm)
        }

        private mutating func scheduleDrain() -> Link? {
            guard case .up(let link, _, _) = connection, !drainScheduled, queue.hasUnwritten else { return nil }
            drainScheduled = true
            return link
        }

        /// The connection's event loop has come round: what to write. Empty when there is nothing (more) to write.
        mutating func take(connection id: Int, byteLimit: Int, now: NIODeadline) -> [ByteBuffer] {
            guard case .up(_, id, _) = connection else { return [] }
            drainScheduled = false
            return queue.takeUnwritten(byteLimit: byteLimit, now: now)
        }

        enum CancelAction {
            case none
            case fail(Waiter, RedisError, finished: Bool)
        }

        mutating func cancel(_ id: UInt64) -> CancelAction {
            guard let (waiter, wasWritten) = queue.abandon(id) else { return .none }
            let error = RedisError(code: .cancelled, message: "the task was cancelled", mayHaveExecuted: wasWritten)
            return .fail(waiter, error, finished: isDrained)
        }

        // MARK: Time

        struct TickAction {
            var completions: [Completion] = []
            /// Call `tick` again at that time.
            var arm: NIODeadline?
            /// Close this connection: the server has been silent for too long.
            var close: Link?
            var finished = false
        }

        mutating func tick(now: NIODeadline) -> TickAction {
            var action = TickAction()
            action.completions = queue.expire(now: now).map { waiter, wasWritten, timeout in
                let seconds = Double(timeout.nanoseconds) / 1e9
                let reason: String
                if wasWritten {
                    reason = "no answer within \(seconds) s"
                } else if case .none = connection {
                    reason = "no connection within \(seconds) s\(lastFailure.map { "; last: \($0)" } ?? "")"
                } else {
                    reason = "not sent within \(seconds) s, since the server does not keep up"
                }
                return (waiter, .failure(RedisError(code: .timeout, message: reason, mayHaveExecuted: wasWritten)))
            }
            let stall = stallDeadline
            if let stall, stall.deadline <= now {
                action.close = stall.link
            } else {
                armedDeadline = [queue.nextDeadline, stall?.deadline].compactMap { $0 }.min()
                // Deadlines that lie close together are dealt with together.
                if let armed = armedDeadline { armedDeadline = max(armed, now + .milliseconds(1)) }
                action.arm = armedDeadline
            }
            if action.close != nil { armedDeadline = nil }
            action.finished = isDrained
            return action
        }

        private var stallDeadline: (link: Link, deadline: NIODeadline)? {
            guard let oldest = queue.oldestInFlight else { return nil }
            switch connection {
            case .none:
                return nil
            case .up(let link, _, let lastRead), .retiring(let link, _, let lastRead):
                return (link, max(oldest.writtenAt, lastRead) + max(oldest.timeout, stallTimeout))
            }
        }

        // MARK: Connection

        /// A connection stands: take the queue at once. `false` if it is not wanted any more.
        mutating func connected(_ link: Link, id: Int, now: NIODeadline) -> Bool {
            switch lifecycle {
            case .initial, .closed:
                return false
            case .running, .draining:
                break
            }
            connection = .up(link, id: id, lastRead: now)
            refusal = nil
            lastFailure = nil
            drainScheduled = true
            return true
        }

        struct FailureAction {
            var completions: [Completion] = []
            var finished = false
        }

        /// An attempt to connect failed. A refusal by the server is passed on to all who wait.
        mutating func connectFailed(_ error: RedisError, isRefusal: Bool) -> FailureAction {
            lastFailure = error.description
            guard isRefusal else {
                refusal = nil
                return FailureAction(completions: [], finished: isDrained)
            }
            refusal = error
            let removed = queue.removeAll()
            return FailureAction(
                completions: (removed.inFlight + removed.unwritten).map { ($0, .failure(error)) }, finished: isDrained)
        }

        enum ReceiveAction {
            /// `close`: all answers are in and the connection is to be replaced, for this reason.
            case complete([Completion], close: RedisError?, finished: Bool)
            /// The connection can't be trusted any more, after these.
            case violation([Completion], RedisError)
        }

        mutating func received(_ replies: [RedisValue], connection id: Int, now: NIODeadline) -> ReceiveAction {
            switch connection {
            case .up(let link, id, _): connection = .up(link, id: id, lastRead: now)
            case .retiring(let link, id, _): connection = .retiring(link, id: id, lastRead: now)
            default: return .complete([], close: nil, finished: false)
            }
            let (completions, isViolation) = queue.receive(replies)
            guard !isViolation else {
                let error = RedisError(code: .protocolViolation, message: "the server sent a reply that nothing asked for")
                return .violation(completions, error)
            }
            if case .up(let link, let id, let lastRead) = connection, replies.contains(where: \.saysReadOnly) {
                connection = .retiring(link, id: id, lastRead: lastRead)
            }
            var close: RedisError?
            if case .retiring = connection, !queue.hasInFlight {
                close = RedisError(code: .connection, message: "the server is no longer the master")
            }
            return .complete(completions, close: close, finished: isDrained)
        }

        /// The connection has ended: what was written and not answered fails, since nobody knows whether it was executed.
        mutating func disconnected(_ id: Int, reason: RedisError) -> FailureAction {
            switch connection {
            case .up(_, id, _), .retiring(_, id, _): break
            default: return FailureAction()
            }
            connection = .none
            drainScheduled = false
            lastFailure = reason.description
            // A client that was closed may hear of its connection's end before it has failed its commands itself.
            let code: RedisError.Code = [.protocolViolation, .closed].contains(reason.code) ? reason.code : .connection
            let error = RedisError(code: code, message: reason.message, mayHaveExecuted: true)
            return FailureAction(completions: queue.removeInFlight().map { ($0, .failure(error)) }, finished: isDrained)
        }

        // MARK: Life

        /// `false` if the client was run before.
        mutating func start() -> Bool {
            guard case .initial = lifecycle else { return false }
            lifecycle = .running
            return true
        }

        /// No more commands from now on. `true` if nothing is outstanding.
        mutating func drain() -> Bool {
            if case .running = lifecycle { lifecycle = .draining }
            return isDrained
        }

        private var isDrained: Bool {
            guard case .draining = lifecycle else { return false }
            return queue.waiterCount == 0
        }

        /// The end: whatever is outstanding fails.
        mutating func close() -> [Completion] {
            lifecycle = .closed
            connection = .none
            let removed = queue.removeAll()
            func failure(_ waiter: Waiter, mayHaveExecuted: Bool) -> Completion {
                let error = RedisError(code: .closed, message: "the client was closed", mayHaveExecuted: mayHaveExecuted)
                return (waiter, .failure(error))
            }
            return removed.inFlight.map { failure($0, mayHaveExecuted: true) }
                + removed.unwritten.map { failure($0, mayHaveExecuted: false) }
        }
    }
}

extension RedisValue {
    fileprivate var saysReadOnly: Bool { error?.code == .server("READONLY") }
}
