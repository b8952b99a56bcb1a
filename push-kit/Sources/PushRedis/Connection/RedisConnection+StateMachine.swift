import NIOCore

/// One connection's life: first an exchange or two (the greeting), where the answers are collected; then it is active, and the
/// answers go to whoever owns the commands.
struct RedisConnectionStateMachine<Promise> {
    private enum State {
        case idle
        case exchanging(missing: Int, replies: [RedisValue], Promise)
        case active
        case closed(RedisError)
    }

    private var state = State.idle

    enum ExchangeAction {
        case write
        case fail(RedisError)
    }

    /// Someone wants to send `count` commands and have the answers together.
    mutating func exchange(count: Int, promise: Promise) -> ExchangeAction {
        switch state {
        case .idle where count > 0:
            state = .exchanging(missing: count, replies: [], promise)
            return .write
        case .closed(let reason):
            return .fail(reason)
        case .idle, .exchanging, .active:
            return .fail(RedisError(code: .connection, message: "the connection is in use"))
        }
    }

    enum ReceiveAction {
        case none
        case succeed(Promise, [RedisValue])
        case deliver([RedisValue])
        case close(RedisError)
    }

    mutating func received(_ received: [RedisValue]) -> ReceiveAction {
        guard !received.isEmpty else { return .none }
        switch state {
        case .exchanging(let missing, let replies, let promise) where received.count <= missing:
            let collected = replies + received
            if received.count == missing {
                state = .idle
                return .succeed(promise, collected)
            }
            state = .exchanging(missing: missing - received.count, replies: collected, promise)
            return .none
        case .active:
            return .deliver(received)
        case .idle, .exchanging:
            // A server that is full says so unasked and closes: its words are worth more than ours.
            if case .error(let error) = received[0] { return .close(error) }
            return .close(RedisError(code: .protocolViolation, message: "the server sent a reply that nothing asked for"))
        case .closed:
            return .none
        }
    }

    /// The greeting is done. `false` if the connection has gone meanwhile.
    mutating func activate() -> Bool {
        guard case .idle = state else { return false }
        state = .active
        return true
    }

    enum CloseAction {
        /// It was closed before: nothing to do.
        case none
        /// Close the channel, fail the exchange that is under way, tell the owner.
        case close(failing: Promise?, RedisError)
    }

    /// The connection ends, for the first reason that is given.
    mutating func close(_ reason: RedisError) -> CloseAction {
        switch state {
        case .closed:
            return .none
        case .exchanging(_, _, let promise):
            state = .closed(reason)
            return .close(failing: promise, reason)
        case .idle, .active:
            state = .closed(reason)
            return .close(failing: nil, reason)
        }
    }
}

extension RedisConnectionStateMachine.ExchangeAction: Equatable where Promise: Equatable {}
extension RedisConnectionStateMachine.ReceiveAction: Equatable where Promise: Equatable {}
extension RedisConnectionStateMachine.CloseAction: Equatable where Promise: Equatable {}
